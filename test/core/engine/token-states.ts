import { decide } from '../../../src/core/engine/decide.js';
import type { Decision, ExecutionOutcome, TokenInput } from '../../../src/core/engine/decision.js';
import { terminatedToken } from '../../../src/core/tokens/terminated-token.js';
import type { Token, TokenStatus } from '../../../src/core/tokens/token.js';
import {
  aDefinition,
  aPlaceAgent,
  aResult,
  aToken,
  aTransition,
  anAgentTransition,
  NOW,
} from '../../support/builders.js';

/** Everything that can arrive at a token, by its name. The end of an execution is one arrival for each outcome. */
export type Arrival = Exclude<TokenInput['type'], 'execution-ended'> | `execution-${ExecutionOutcome['status']}`;

export type Closed = Lowercase<Exclude<TokenStatus, 'ACTIVE'>>;
export type State =
  | 'free'
  /** An agent of its place runs. */
  | 'attended'
  /** The agent of a transition runs. */
  | 'pending'
  | 'incident'
  /** The agent of a transition runs again, and its incident stands until it succeeds. */
  | 'retrying'
  | Closed;

/** The agent of the place is due a minute after the token has come. */
const DUE = new Date(Date.parse(NOW) + 60_000).toISOString();
const agent = anAgentTransition({ outputMapping: { 'data.verdict': 'assessment' } });
const definition = aDefinition({
  transitions: [
    aTransition({ id: 'review', agentExecution: agent }),
    aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
  ],
  placeAgents: [aPlaceAgent({ id: 'classify', schedule: { initialDelaySeconds: 60 } })],
});

const outcomes: Readonly<Record<ExecutionOutcome['status'], ExecutionOutcome>> = {
  succeeded: { status: 'succeeded', result: aResult({ output: { assessment: 'APPROVE' } }) },
  failed: { status: 'failed', errorCode: 'auth', message: 'The key is wrong.' },
  cancelled: { status: 'cancelled' },
  'id-taken': { status: 'id-taken' },
};

const inputs: Readonly<Record<Arrival, (token: Token) => TokenInput>> = {
  created: () => ({ type: 'created' }),
  fire: () => ({ type: 'fire', transitionId: 'review' }),
  update: () => ({ type: 'update', data: { a: 1 } }),
  retry: () => ({ type: 'retry' }),
  cancel: () => ({ type: 'cancel' }),
  'execution-succeeded': (token) => ended(token, 'succeeded'),
  'execution-failed': (token) => ended(token, 'failed'),
  'execution-cancelled': (token) => ended(token, 'cancelled'),
  'execution-id-taken': (token) => ended(token, 'id-taken'),
  'time-passed': () => ({ type: 'time-passed' }),
  'trigger-place-agents': () => ({ type: 'trigger-place-agents' }),
  migrate: () => ({ type: 'migrate', fromVersion: 1, target: { ...definition, version: 2 } }),
  'place-agents-changed': () => ({ type: 'place-agents-changed' }),
  reset: () => ({ type: 'reset' }),
  'record-refused': () => ({ type: 'record-refused', message: 'Storage does not take it.' }),
};

/** Of the execution that the token waits for, where it waits for one. */
function ended(token: Token, status: ExecutionOutcome['status']): TokenInput {
  const executionId = token.pending?.executionId ?? token.placeAgentRuns['classify']?.executionId ?? 'doc-1:review:1';
  return { type: 'execution-ended', executionId, outcome: outcomes[status] };
}

export function arrive(token: Token, arrival: Arrival): Decision {
  const definitionThen = arrival === 'place-agents-changed' ? { ...definition, placeAgents: [] } : definition;
  return decide(definitionThen, token, inputs[arrival](token), { now: arrival === 'time-passed' ? DUE : NOW });
}

/** Plays what brings a new token into the state. */
function after(...arrivals: readonly Arrival[]): Token {
  return arrivals.reduce((token, arrival) => arrive(token, arrival).token, aToken(definition));
}

/** A token in each state. */
export const tokens: Readonly<Record<State, Token>> = {
  free: after('created'),
  attended: after('created', 'time-passed'),
  pending: after('created', 'fire'),
  incident: after('created', 'fire', 'execution-failed'),
  retrying: after('created', 'fire', 'execution-failed', 'retry'),
  completed: finished(after('created', 'fire', 'execution-succeeded')),
  cancelled: after('created', 'cancel'),
  terminated: terminatedToken(after('created', 'fire'), { now: NOW, reason: 'by hand' }).token,
};

function finished(token: Token): Token {
  return decide(definition, token, { type: 'fire', transitionId: 'finish' }, { now: NOW }).token;
}

export function stateOf({ status, pending, incident, placeAgentRuns }: Token): State {
  if (status !== 'ACTIVE') return closedState(status);
  if (pending !== undefined) return incident === undefined ? 'pending' : 'retrying';
  if (incident !== undefined) return 'incident';
  return Object.values(placeAgentRuns).some(({ executionId }) => executionId !== undefined) ? 'attended' : 'free';
}

function closedState(status: Exclude<TokenStatus, 'ACTIVE'>): Closed {
  switch (status) {
    case 'COMPLETED':
      return 'completed';
    case 'CANCELLED':
      return 'cancelled';
    case 'TERMINATED':
      return 'terminated';
  }
}
