import type { ApprovalRecord } from '../contract/activities.js';
import { cutForViewers } from '../core/executions/tool-call.js';
import type { ActivityParts } from './activity-parts.js';

/** Stores a call that waits for a person, or what was said of it. An execution that has ended keeps its status. */
export async function recordApproval(parts: ActivityParts, { approval, status }: ApprovalRecord): Promise<void> {
  const { executionId, toolName, toolCallId, arguments: given, decision } = approval;
  const call = { toolName, toolCallId, arguments: cutForViewers(given) };
  const { tools, executions } = parts.storage;
  await tools.storeApproval(approval);
  await executions.update(executionId, { status });
  if (decision !== undefined) return;
  await parts.tellTools(approval, [
    { eventType: 'thinking', status: 'waiting_for_approval', content: toolName, ...call },
  ]);
}
