import type { ToolRun } from '../contract/activities.js';
import { isTooLargeToApprove, MAX_APPROVED_BYTES } from '../core/executions/tool-approval.js';
import type { ToolCall } from '../core/executions/turn.js';
import { isJsonObject } from '../core/json/json.js';
import type { Tool } from '../tools/tool.js';
import { readArguments } from './read-arguments.js';

/** Whether a person is to be asked. Not about what cannot be run anyhow: the model is told why at once. */
export async function isToBeAsked(tool: Tool, { approval }: ToolRun, call: ToolCall): Promise<boolean> {
  if (approval !== 'always' && !(approval === 'if-needed' && tool.needsApproval)) return false;
  return refusedUnasked(call) === undefined && !('misfits' in (await readArguments(tool, call.arguments)));
}

/** Why a call that needs a person's approval, and has none, is not made. */
export function refusedWithoutApproval(tool: Tool, { approval }: ToolRun, call: ToolCall): string | undefined {
  if (typeof approval === 'object') return undefined;
  if (approval !== 'always' && !tool.needsApproval) return undefined;
  if (approval !== undefined) return refusedUnasked(call);
  return 'The call needs the approval of a person, and this execution began when nobody could be asked. Go on without it.';
}

function refusedUnasked({ arguments: given }: ToolCall): string | undefined {
  if (!isJsonObject(given) || !isTooLargeToApprove(given)) return undefined;
  return `A person has to approve the call, and its arguments have more than ${MAX_APPROVED_BYTES} bytes. Ask for less at a time.`;
}
