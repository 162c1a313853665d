import { describe, expect, it } from 'vitest';

import type { Effect, Refusal } from '../../../src/core/engine/decision.js';
import type { TokenEventType } from '../../../src/core/tokens/token.js';
import { arrive, stateOf, tokens, type Arrival, type Closed, type State } from './token-states.js';

interface Cell {
  /** What the token is afterwards; absent: what it was. */
  readonly becomes?: State;
  /** Where it is afterwards; absent: where it was. */
  readonly movesTo?: string;
  readonly tells?: readonly TokenEventType[];
  readonly asks?: readonly Effect['type'][];
  readonly refused?: Refusal['code'];
}

/** A cell for each state. One that is missing does not compile. */
type Row = Readonly<Record<State, Cell>>;
type Table = Readonly<Record<Arrival, Row>>;

/** It stays as it is, and nothing follows. */
const nothing: Cell = {};
const starts: Cell = { tells: ['EXECUTION_STARTED'], asks: ['start-execution'] };
const updated: Cell = { tells: ['UPDATED'] };
/** The token waits for another execution, or for none. */
const discarded: Cell = { tells: ['EXECUTION_FINISHED'] };
const fired: Cell = { becomes: 'free', movesTo: 'reviewed', tells: ['EXECUTION_FINISHED', 'TRANSITION_FIRED'] };
const failed: Cell = { becomes: 'incident', tells: ['EXECUTION_FINISHED', 'INCIDENT_RAISED'] };
const started: Cell = { tells: ['TRANSITION_STARTED', 'EXECUTION_STARTED'], asks: ['start-execution'] };
/** Under the next id. */
const again: Cell = {
  tells: ['EXECUTION_FINISHED', 'TRANSITION_STARTED', 'EXECUTION_STARTED'],
  asks: ['start-execution'],
};
const cancelled: Cell = { becomes: 'cancelled', tells: ['CANCELLED'] };
const stopped: Cell = { ...cancelled, asks: ['cancel-execution'] };
const migrated: Cell = { tells: ['MIGRATED'] };
const unready: Cell = { refused: 'MIGRATION_REFUSED' };
const over: Cell = { refused: 'TOKEN_CLOSED' };

function whileActive(cell: Cell): Readonly<Record<Exclude<State, Closed>, Cell>> {
  return { free: cell, attended: cell, pending: cell, incident: cell, retrying: cell };
}

function whenClosed(cell: Cell): Readonly<Record<Closed, Cell>> {
  return { completed: cell, cancelled: cell, terminated: cell };
}

const created: Cell = { tells: ['CREATED'] };
const busy: Cell = { tells: ['TRANSITION_REFUSED'], refused: 'TRANSITION_IN_PROGRESS' };
const table: Table = {
  created: {
    ...whileActive(created),
    ...whenClosed(created),
    completed: { tells: ['CREATED', 'COMPLETED'] },
  },
  fire: {
    free: { ...started, becomes: 'pending' },
    attended: { ...started, becomes: 'pending' },
    pending: busy,
    incident: { ...started, becomes: 'retrying' },
    retrying: busy,
    ...whenClosed({ ...over, tells: ['TRANSITION_REFUSED'] }),
  },
  update: { ...whileActive(updated), ...whenClosed(over) },
  retry: {
    free: nothing,
    attended: nothing,
    pending: nothing,
    incident: { ...started, becomes: 'retrying' },
    retrying: { refused: 'TRANSITION_IN_PROGRESS' },
    ...whenClosed(over),
  },
  cancel: {
    free: cancelled,
    attended: stopped,
    pending: stopped,
    incident: cancelled,
    retrying: stopped,
    ...whenClosed(over),
  },
  'execution-succeeded': {
    free: discarded,
    attended: { becomes: 'free', tells: ['EXECUTION_FINISHED', 'UPDATED'] },
    pending: fired,
    incident: discarded,
    retrying: { ...fired, tells: ['EXECUTION_FINISHED', 'TRANSITION_FIRED', 'INCIDENT_RESOLVED'] },
    ...whenClosed(discarded),
  },
  'execution-failed': {
    free: discarded,
    attended: failed,
    pending: failed,
    incident: discarded,
    retrying: failed,
    ...whenClosed(discarded),
  },
  'execution-cancelled': {
    free: discarded,
    attended: { becomes: 'free', tells: ['EXECUTION_FINISHED'] },
    pending: { becomes: 'free', tells: ['EXECUTION_FINISHED', 'UPDATED'] },
    incident: discarded,
    retrying: { becomes: 'incident', tells: ['EXECUTION_FINISHED', 'UPDATED'] },
    ...whenClosed(discarded),
  },
  'execution-id-taken': {
    free: discarded,
    attended: { tells: ['EXECUTION_FINISHED', 'EXECUTION_STARTED'], asks: ['start-execution'] },
    pending: again,
    incident: discarded,
    retrying: again,
    ...whenClosed(discarded),
  },
  'time-passed': {
    free: { ...starts, becomes: 'attended' },
    attended: nothing,
    pending: starts,
    incident: starts,
    retrying: starts,
    ...whenClosed(nothing),
  },
  'trigger-place-agents': {
    free: { ...starts, becomes: 'attended' },
    attended: nothing,
    pending: starts,
    incident: starts,
    retrying: starts,
    ...whenClosed(over),
  },
  migrate: {
    free: migrated,
    attended: unready,
    pending: unready,
    incident: migrated,
    retrying: unready,
    ...whenClosed(over),
  },
  'place-agents-changed': {
    free: nothing,
    attended: { becomes: 'free', asks: ['cancel-execution'] },
    pending: nothing,
    incident: nothing,
    retrying: nothing,
    ...whenClosed(nothing),
  },
  reset: { ...whileActive({ tells: ['RESET'] }), ...whenClosed({ tells: ['RESET'] }) },
  'record-refused': {
    free: { becomes: 'incident', tells: ['INCIDENT_RAISED'] },
    attended: { becomes: 'incident', tells: ['INCIDENT_RAISED'] },
    pending: { becomes: 'retrying', tells: ['INCIDENT_RAISED'] },
    incident: nothing,
    retrying: nothing,
    ...whenClosed(nothing),
  },
};

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(record) as Key[];
}

describe('the table of what arrives at a token, by its state,', () => {
  it.each(keysOf(tokens))('has a token that is %s', (state) => {
    expect(stateOf(tokens[state])).toBe(state);
  });

  it('does not compile with a cell missing', () => {
    const { free: _missing, ...others } = table.fire;
    // @ts-expect-error: a row lacks a state.
    const row: Row = others;
    // @ts-expect-error: a table lacks what else may arrive.
    const short: Table = { fire: row };
    expect(short.fire).not.toHaveProperty('free');
  });

  describe.each(keysOf(table))('is what %s does', (arrival) => {
    it.each(keysOf(table[arrival]))('to one that is %s', (state) => {
      const token = tokens[state];
      const cell = table[arrival][state];
      const decision = arrive(token, arrival);
      expect({
        becomes: stateOf(decision.token),
        movesTo: decision.token.place,
        tells: decision.events.map(({ type }) => type),
        asks: decision.effects.map(({ type }) => type),
        refused: decision.refusal?.code,
      }).toEqual({ becomes: state, movesTo: token.place, tells: [], asks: [], refused: undefined, ...cell });
      if (cell.refused !== undefined || cell === discarded) expect(decision.token).toBe(token);
    });
  });
});
