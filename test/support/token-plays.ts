import { ApplicationFailure } from '@temporalio/common';

import { aDefinition, anAgentTransition, aPlaceAgent, aTransition } from './builders.js';
import { cancelled, oneOf, rarely, sent, signal, update, type Arrival, type PlayOf } from './plays.js';
import { FINISH } from './scripted-model.js';

/** Tokens to be played: what their storage gives, and what is sent to them. */

const STOPS = ['a', 'b', 'c'];

/** From place `a` round to `a`: nothing that Temporal shows of the token changes. */
const circle = {
  places: [...STOPS, 'done'],
  initialPlace: 'a',
  transitions: [
    ...STOPS.map((stop, index) =>
      aTransition({
        id: `leave-${stop}`,
        fromPlaces: [stop],
        toPlace: STOPS[(index + 1) % STOPS.length] ?? '',
        trigger: index === 0 ? 'manual' : 'automatic',
      }),
    ),
    aTransition({ id: 'finish', fromPlaces: ['a'], toPlace: 'done' }),
    aTransition({ id: 'review', fromPlaces: ['a'], toPlace: 'b', agentExecution: anAgentTransition() }),
  ],
};
const definition = aDefinition(circle);
const watched = aDefinition({
  ...circle,
  placeAgents: [
    aPlaceAgent({ id: 'one', placeId: 'a', schedule: { initialDelaySeconds: 1, intervalSeconds: 2 } }),
    aPlaceAgent({ id: 'two', placeId: 'a', schedule: { initialDelaySeconds: 1 } }),
  ],
});

/** How many moves follow from `leave-a`, itself among them. */
export const MOVES_OF_A_FIRE = STOPS.length;

/** What a token goes over to and comes back from. */
const another = aDefinition({
  ...circle,
  transitions: circle.transitions.filter(({ id }) => id !== 'review'),
  placeAgents: watched.placeAgents.slice(0, 1),
});

const fired: Arrival = (idempotencyKey) => signal('fireTransition', { transitionId: 'leave-a', idempotencyKey });
const firedTwice: Arrival = () => signal('fireTransition', { transitionId: 'leave-a', idempotencyKey: 'once' });
const reviewed: Arrival = (idempotencyKey) => signal('fireTransition', { transitionId: 'review', idempotencyKey });
const updated: Arrival = (id) => update('updateToken', id, { data: { id } });
const asked: Arrival = (id) => update('fire', id, { transitionId: 'leave-a', idempotencyKey: id });
const told: Arrival = () => signal('placeAgentsChanged', {});
const migrated: Arrival = (id, random) => {
  const [fromVersion, toVersion] = random() < 0.5 ? [1, 2] : [2, 1];
  const placeMapping = random() < 0.3 ? { b: 'a' } : {};
  return update('migrate', id, { fromVersion, toVersion, placeMapping });
};
const garbage: Arrival = () => signal('fireTransition', { nothing: true });
const finished: Arrival = () => signal('fireTransition', { transitionId: 'finish' });
const ended: Arrival = () => cancelled;
const anything = oneOf(fired, updated, asked, told, reviewed, firedTwice, garbage);

interface Surroundings {
  readonly isAway?: boolean;
  readonly refuses?: boolean;
  readonly definition?: typeof definition;
  readonly suggestsEnd?: boolean;
  /** To one task, at most. */
  readonly most?: number;
}

function token(arrival: Arrival, around: Surroundings = {}): PlayOf {
  return (random) => ({
    ...{ workflowType: 'tokenLifecycle', workflowId: 'parted', start: { workflowId: 'circle' }, random },
    perform: performing(random, around),
    arrivals: sent(random, { tasks: 8, most: around.most ?? 2, arrival }),
    outcomeOfChild: (executionId) => {
      if (random() < 0.3) throw ApplicationFailure.nonRetryable('No.', 'auth');
      const usage = FINISH.usage;
      const said = { agentId: 'reviewer', agentVersion: 1, model: 'm', response: 'x' };
      return { executionId, ...said, usage, timestamp: '2026-11-23T05:00:00.000Z' };
    },
    ...(around.suggestsEnd === true ? { suggestsEndAt: 10 + Math.floor(random() * 40) } : {}),
  });
}

function performing(
  random: () => number,
  around: Surroundings,
): (type: string, isLocal: boolean, argument?: unknown) => unknown {
  const known = around.definition ?? definition;
  return (type, isLocal, argument) => {
    if (around.isAway === true && isLocal && random() < 0.3)
      throw ApplicationFailure.retryable('Storage is away.', 'UNAVAILABLE');
    if (type === 'loadDefinition') return { definition: known, executionTimeoutSeconds: 10, runId: 'r' };
    if (around.refuses === true && type === 'recordToken' && random() < 0.2)
      throw ApplicationFailure.nonRetryable('Not this.', 'VALIDATION_FAILED');
    if (type !== 'reloadDefinition') return {};
    const { workflowVersion: version = 1 } = (argument ?? {}) as { readonly workflowVersion?: number };
    return version === 1 ? known : { ...another, version };
  };
}

export const TOKEN_PLAYS: readonly (readonly [string, PlayOf])[] = [
  ['of a token, whatever is signalled', token(fired)],
  ['of a token, whatever is signalled and updated', token(oneOf(fired, updated, asked))],
  ['of a token that ends by it', token(rarely(finished, oneOf(fired, updated)))],
  ['of a token whose agents run', token(oneOf(fired, updated, reviewed))],
  ['of a token with agents of places', token(oneOf(fired, updated), { definition: watched })],
  [
    'of a token that goes over to another version and back',
    token(oneOf(migrated, fired, updated, told, reviewed), { definition: watched, isAway: true }),
  ],
  [
    'of a token that goes over to another version until its run ends',
    token(rarely(ended, oneOf(migrated, fired, updated)), { isAway: true, definition: watched, suggestsEnd: true }),
  ],
  ['of a token whose storage takes some records at the second try only', token(anything, { isAway: true })],
  ['of a token whose storage refuses some records', token(anything, { refuses: true, isAway: true })],
  ['of a token that is cancelled', token(rarely(ended, anything), { isAway: true })],
  ['of a token with many messages at once', token(oneOf(fired, updated), { most: 39 })],
  [
    'of a token to which all of that happens, until its run ends',
    token(rarely(oneOf(ended, finished), anything), { isAway: true, definition: watched, suggestsEnd: true }),
  ],
];

/** Its run ends, and goes on as another one. */
export const ENDING_RUN = token(fired, { suggestsEnd: true, most: 5 });
