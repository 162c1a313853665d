import { nearestNames } from '../json/nearest-names.js';
import { jsonPointer } from '../json/json-pointer.js';
import { shorten } from '../json/preview.js';
import type { JsonObject } from '../json/json.js';
import type { Problem } from '../json/problem.js';
import { meansTool, patternsOf } from './tool-pattern.js';

/** A tool as a model is told of it, and how its calls may be treated: what workers say of the tools that they have. */
export interface ToolOffer {
  readonly name: string;
  /** For the model: what it is good for. */
  readonly description: string;
  /** JSON Schema of its arguments: an object. */
  readonly parameters: JsonObject;
  /** A call whose worker died is made again, with the same idempotency key. */
  readonly idempotent: boolean;
  /** A person has to approve every call of it, whichever agent has it. */
  readonly needsApproval: boolean;
  /** Bounds one call; at most LONGEST_TOOL_SECONDS. */
  readonly timeoutSeconds: number;
}

/** A call that takes longer is no call of a tool any more. */
export const LONGEST_TOOL_SECONDS = 3600;

const MAX_SUGGESTIONS = 3;
/** What is built in, but offered only where it can do something. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ['http.fetch', 'Set TOOL_HTTP_HOSTS for the workers: the hosts that it may reach'],
]);

/** The names and patterns of an agent that mean no tool of a worker, with those that are like them. */
export function unknownTools(tools: readonly string[], offered: readonly string[]): readonly Problem[] {
  const known = [...patternsOf(offered), ...offered];
  return [...tools.entries()]
    .filter(([, tool]) => !isOffered(tool, offered))
    .map(([index, tool]) => {
      const nearest = nearestNames(tool, known, { most: MAX_SUGGESTIONS });
      const advice = nearest.length === 0 ? adviceOf(offered) : `Nearest: ${nearest.join(', ')}`;
      const message = `no worker offers a tool "${shorten(tool)}". ${NEEDED.get(tool) ?? advice}`;
      return { code: 'UNKNOWN_TOOL', pointer: jsonPointer(['tools', index]), message };
    });
}

function isOffered(name: string, offered: readonly string[]): boolean {
  return offered.some((tool) => meansTool(name, tool));
}

function adviceOf(offered: readonly string[]): string {
  return offered.length === 0
    ? 'Workers offer none yet: start one with TOOLS_DIR or MCP_CONFIG'
    : 'See TOOLS_DIR and MCP_CONFIG of the workers for those that there are';
}
