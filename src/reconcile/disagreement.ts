import { placeAgentsIn, type WorkflowDefinition } from '../core/definitions/definition.js';
import type { Token } from '../core/tokens/token.js';
import type { WorkflowClose } from '../temporal/temporal-gateway.js';

/**
 * Where storage and Temporal disagree on a token, and what is done about it. Storage is what is answered, Temporal is where a token
 * lives. Nothing here asks either of them: whoever compares hands over what both say.
 *
 * 1. What is more, wins: storage takes what only Temporal has, and loses nothing that only storage has.
 * 2. A token ends only where Temporal does not run it; and not where Temporal seems to be another one than before (`looksLost`).
 * 3. A token that was deleted does not come back.
 */

/** As much of a token as is compared. */
export type Standing = Pick<Token, 'workflowId' | 'workflowVersion' | 'place' | 'status' | 'version' | 'updatedAt'>;

/** What Temporal says of a token. */
export type TemporalStanding =
  | {
      readonly type: 'kept';
      readonly token: Standing;
      readonly placeAgents: readonly string[];
      readonly isDeleted: boolean;
    }
  /** Its workflow was ended otherwise than by its own code. */
  | { readonly type: 'cut-off'; readonly close: Exclude<WorkflowClose, 'RUNNING' | 'COMPLETED'> }
  | { readonly type: 'ended' }
  | { readonly type: 'unknown' };

export interface TokenViews {
  readonly stored: Standing | undefined;
  readonly temporal: TemporalStanding;
}

export const TOKEN_DISAGREEMENTS = [
  'LOST_IN_STORAGE',
  'BEHIND_IN_STORAGE',
  'BEHIND_IN_TEMPORAL',
  'ENDED_FROM_OUTSIDE',
  'HISTORY_GONE',
  'VERSION_MISSING',
  'PLACE_AGENTS_DIFFER',
] as const;

export type TokenDisagreement = (typeof TOKEN_DISAGREEMENTS)[number];

/** `record`: storage takes what Temporal has. `terminate`: the token ends. `tell`: the token looks up its place agents. `leave`: a person decides. */
export type Remedy = 'record' | 'terminate' | 'tell' | 'leave';

export const TOKEN_REMEDIES: Readonly<Record<TokenDisagreement, Remedy>> = {
  LOST_IN_STORAGE: 'record',
  BEHIND_IN_STORAGE: 'record',
  BEHIND_IN_TEMPORAL: 'leave',
  ENDED_FROM_OUTSIDE: 'terminate',
  HISTORY_GONE: 'terminate',
  VERSION_MISSING: 'leave',
  PLACE_AGENTS_DIFFER: 'tell',
};

/** What the two disagree on. What a token needs besides, its definition and agents, is judged by `definitionDisagreement`. */
export function tokenDisagreement({ stored, temporal }: TokenViews): TokenDisagreement | undefined {
  switch (temporal.type) {
    case 'ended':
      // By its own code: its record is on its way, or was made.
      return undefined;
    case 'unknown':
      return stored?.status === 'ACTIVE' ? 'HISTORY_GONE' : undefined;
    case 'cut-off':
      return stored?.status === 'ACTIVE' ? 'ENDED_FROM_OUTSIDE' : undefined;
    case 'kept': {
      if (stored === undefined) return temporal.isDeleted ? undefined : 'LOST_IN_STORAGE';
      const order = inOrder(stored, temporal.token);
      if (order === 0) return undefined;
      return order < 0 ? 'BEHIND_IN_STORAGE' : 'BEHIND_IN_TEMPORAL';
    }
  }
}

/**
 * Whether two looks, a moment apart, show the same disagreement and no change that was on its way: what one side had at the first look
 * the other still has not at the second.
 */
export function isConfirmed(first: TokenViews, later: TokenViews): boolean {
  const found = tokenDisagreement(first);
  if (found === undefined || tokenDisagreement(later) !== found) return false;
  const crossed =
    found === 'BEHIND_IN_TEMPORAL'
      ? { stored: first.stored, temporal: later.temporal }
      : { stored: later.stored, temporal: first.temporal };
  return tokenDisagreement(crossed) === found;
}

/** Of a token that lives, where the two agree: whether it has a definition, and knows the agents of its place. */
export function definitionDisagreement(
  { temporal }: TokenViews,
  definition: WorkflowDefinition | undefined,
): TokenDisagreement | undefined {
  if (temporal.type !== 'kept' || temporal.token.status !== 'ACTIVE') return undefined;
  if (definition === undefined) return 'VERSION_MISSING';
  const wanted = placeAgentsIn(definition, temporal.token.place).map(({ id }) => id);
  const known = new Set(temporal.placeAgents);
  const isSame = wanted.length === known.size && wanted.every((id) => known.has(id));
  return isSame ? undefined : 'PLACE_AGENTS_DIFFER';
}

/** From so many on, it is no accident that Temporal knows none of them. */
const MANY = 10;

/**
 * Whether Temporal seems not to be the one that the tokens of storage live in: it is empty, or another one, or its task queue has another name.
 * Of active tokens that were looked at it knows `known` and does not know `unknown`; `hasOurs`: it has anything of ours at all.
 */
export function looksLost({
  known,
  unknown,
  hasOurs,
}: {
  readonly known: number;
  readonly unknown: number;
  readonly hasOurs: boolean;
}): boolean {
  return known === 0 && unknown > 0 && (!hasOurs || unknown >= MANY);
}

/** What to check where `looksLost` says so. */
export function lostMessage(unknown: number): string {
  return [
    `Temporal knows none of ${unknown} active tokens that were looked at: it seems to be another one than they live in, or to have lost them all.`,
    'Nothing is ended for that. Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TASK_QUEUE_PREFIX;',
    'where they are right and the tokens are lost for good, circuit-breaker reconcile --namespace-lost makes them TERMINATED.',
  ].join(' ');
}

/** Negative: the first is older. Of one version, that counts which was decided later, and only where it shows. */
function inOrder(one: Standing, other: Standing): number {
  if (one.version !== other.version) return one.version - other.version;
  if (one.place === other.place && one.status === other.status) return 0;
  return one.updatedAt < other.updatedAt ? -1 : 1;
}
