import { isJsonObject } from '../json/json.js';
import type { TokenEvent } from './token.js';

/** What a token did beside an execution that ran in the shadow, as far as its events tell. */
export interface ShadowComparison {
  /** Where it would have gone with the output; absent: it is not over, or had no output that fits. */
  readonly path?: readonly string[];
  /** Where it went. */
  readonly happened: readonly string[];
  /** Absent where the token may still do as it would have. */
  readonly isElsewhere?: boolean;
}

/**
 * Compares the places that a token went to since an execution began beside it with those that it would have gone to. `known`: the path,
 * where no event has it, since the token was over before the execution was. What people made of the token later than where its path
 * would have ended is no difference; a move that it made by itself at that very moment is.
 */
export function compareShadow(
  events: readonly TokenEvent[],
  { executionId, known }: { readonly executionId: string; readonly known?: readonly string[] | undefined },
): ShadowComparison {
  const begin = events.findIndex((event) => event.type === 'EXECUTION_STARTED' && event.executionId === executionId);
  if (begin === -1) return { happened: [] };
  const since = events.slice(begin + 1);
  const moves = since.filter(({ type }) => type === 'TRANSITION_FIRED');
  const happened = moves.flatMap(({ details }) => textAt(details, 'to'));
  const path =
    pathIn(since.find((event) => event.type === 'EXECUTION_FINISHED' && event.executionId === executionId)) ?? known;
  if (path === undefined) return { happened };
  const differs = path.some((place, index) => index < happened.length && happened[index] !== place);
  if (differs) return { path, happened, isElsewhere: true };
  if (happened.length < path.length) {
    const isOver = since.some(({ type }) => type === 'COMPLETED' || type === 'CANCELLED' || type === 'TERMINATED');
    return { path, happened, ...(isOver ? { isElsewhere: true } : {}) };
  }
  return { path, happened, isElsewhere: moves[path.length]?.timestamp === events[begin]?.timestamp };
}

function pathIn(event: TokenEvent | undefined): readonly string[] | undefined {
  const { details } = event ?? {};
  const path = isJsonObject(details) ? details['path'] : undefined;
  return Array.isArray(path) ? path.filter((place) => typeof place === 'string') : undefined;
}

function textAt(details: TokenEvent['details'], name: string): readonly string[] {
  const value = isJsonObject(details) ? details[name] : undefined;
  return typeof value === 'string' ? [value] : [];
}
