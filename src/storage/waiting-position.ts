import type { ToolApproval } from '../core/executions/tool-approval.js';
import { idempotencyKeyOf } from '../core/executions/tool-call.js';
import type { ListPosition } from './page-cursor.js';

/** Where a call stands among those that wait for a person. */
export function waitingPosition(approval: ToolApproval): ListPosition {
  return { createdAt: approval.requestedAt, id: idempotencyKeyOf(approval) };
}
