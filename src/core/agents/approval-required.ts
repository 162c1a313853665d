import { jsonPointer } from '../json/json-pointer.js';
import { shorten } from '../json/preview.js';
import type { Problem } from '../json/problem.js';
import { isAmongTools } from './tool-pattern.js';

export const DEFAULT_APPROVAL_TIMEOUT_SECONDS = 7 * 86_400;
/** So long may people keep an execution waiting altogether: Temporal gives every execution that much more time. */
export const LONGEST_APPROVAL_SECONDS = 30 * 86_400;

/** What an agent wants approved and does not have: it would never be asked about, and whoever wrote it believes otherwise. */
export function unknownApprovals(approvalRequired: readonly string[], tools: readonly string[]): readonly Problem[] {
  return [...approvalRequired.entries()]
    .filter(([, name]) => !isAmongTools(tools, name) && !tools.some((tool) => isAmongTools([name], tool)))
    .map(([index, name]) => {
      const message = `"${shorten(name)}" is none of the agent's tools: name it in \`tools\`, or leave it out here`;
      return { code: 'UNKNOWN_TOOL', pointer: jsonPointer(['approvalRequired', index]), message };
    });
}
