import { awaitedAgent } from './agent-mode.js';
import { cutJson, type Cut } from '../json/cut-json.js';
import { isJsonArray } from '../json/json-fields.js';
import type { JsonObject, JsonValue } from '../json/json.js';
import { parsePath, readPath } from '../json/path.js';
import { withoutPictureBytes } from '../executions/picture.js';
import { MAX_TOOL_RESULT_BYTES } from '../executions/tool-call.js';
import type { Token } from '../tokens/token.js';
import type { TransitionAvailability } from './available-transitions.js';

/** What is said about what is missing finds room beside it. */
const MAX_SHOWN_BYTES = MAX_TOOL_RESULT_BYTES - 8 * 1024;

/** What an agent asks about its token: the whole, or a value in it; of a long text or list the part that begins at `from`. */
export interface TokenQuestion {
  readonly path?: string;
  readonly from?: number;
}

export type TokenAnswer = { readonly shown: JsonObject } | { readonly problem: string };

/**
 * What an agent is shown of its token, bounded, with what to ask for where something is missing. A question that cannot be
 * answered is a `problem`, in words for a model.
 */
export function shownToken(token: Token, question: TokenQuestion): TokenAnswer {
  const { path: text, from = 0 } = question;
  if (text === undefined) return { shown: bounded('token', withoutPictureBytes(summaryOf(token)), { at: '' }) };
  const path = parsePath(text);
  if (path === undefined)
    return { problem: `"${text}" is no path: it begins with data or metadata, as in data.customer.name` };
  const found = readPath(token, path);
  const value = found === undefined ? undefined : withoutPictureBytes(found);
  if (value === undefined)
    return { problem: `the token has nothing at ${text}; read it without a path to see what there is` };
  if (from === 0) return { shown: { path: text, ...bounded('value', value, { at: text }) } };
  const rest = restOf(value, from);
  if (rest === undefined)
    return { problem: `\`from\` is for a text or a list, and within it: ${text} has no place ${from}` };
  return { shown: { path: text, from, ...bounded('value', rest, { at: text, from }) } };
}

/** What an agent is shown of the transitions out of its token's place, bounded. */
export function shownTransitions(token: Token, available: readonly TransitionAvailability[]): JsonObject {
  const transitions = available.map(({ transition, canFire, blockers }) => ({
    id: transition.id,
    ...(transition.description === undefined ? {} : { description: transition.description }),
    toPlace: transition.toPlace,
    runsAgent: awaitedAgent(transition, token) !== undefined,
    canFire,
    ...(canFire ? {} : { blockers: blockers.map(({ message }) => message) }),
  }));
  return { place: token.place, status: token.status, ...bounded('transitions', transitions, { at: 'transitions' }) };
}

function summaryOf(token: Token): JsonObject {
  const { id, workflowId, place, status, version, pending, incident, data, metadata, createdAt, updatedAt } = token;
  return {
    ...{ id, workflowId, place, status, version, createdAt, updatedAt },
    ...(pending === undefined ? {} : { pending: { transitionId: pending.transitionId, since: pending.since } }),
    ...(incident === undefined ? {} : { incident: { code: incident.code, message: incident.message } }),
    metadata,
    data,
  };
}

function restOf(value: JsonValue, from: number): JsonValue | undefined {
  if (typeof value !== 'string' && !isJsonArray(value)) return undefined;
  return from < value.length ? value.slice(from) : undefined;
}

function bounded(
  name: string,
  value: JsonValue,
  { at, from = 0 }: { readonly at: string; readonly from?: number },
): JsonObject {
  const { value: shown, cuts } = cutJson(value, MAX_SHOWN_BYTES);
  if (cuts.length === 0) return { [name]: shown };
  return { [name]: shown, missing: cuts.map((cut) => missing(cut, { at, from: cut.keys.length === 0 ? from : 0 })) };
}

function missing(
  { keys, kind, shown, length }: Cut,
  { at, from }: { readonly at: string; readonly from: number },
): string {
  const path = [...(at === '' ? [] : [at]), ...keys].join('.');
  const next = from + shown;
  switch (kind) {
    case 'text':
      return `${path}: ${next} of ${from + length} characters so far; go on with path "${path}" and from ${next}`;
    case 'list':
      return `${path}: ${next} of ${from + length} items so far; go on with path "${path}" and from ${next}`;
    case 'object':
      return `${path}: ${shown} of ${length} members; ask for the others by their path`;
  }
}
