import { describe, expect, it } from 'vitest';

import { decide } from '../../../src/core/engine/decide.js';
import type { Decision, ExecutionOutcome, TokenInput } from '../../../src/core/engine/decision.js';
import type { PlaceAgent, WorkflowDefinition } from '../../../src/core/definitions/definition.js';
import { nextDue } from '../../../src/core/engine/place-agent-schedule.js';
import type { Token } from '../../../src/core/tokens/token.js';
import { aDefinition, aPlaceAgent, aResult, aToken, aTransition, anAgentTransition } from '../../support/builders.js';

/** A token's life in a test: what arrives, at which second. */
class Life {
  #definition: WorkflowDefinition;
  token: Token;
  last: Decision;
  #seconds = 0;

  constructor(definition: WorkflowDefinition, fields: Partial<Token> = {}) {
    this.#definition = definition;
    this.token = aToken(definition, fields);
    this.last = { token: this.token, events: [], effects: [] };
    this.arrive({ type: 'created' });
  }

  arrive(input: TokenInput): this {
    this.last = decide(this.#definition, this.token, input, { now: this.#now });
    this.token = this.last.token;
    return this;
  }

  /** Lets time pass, waking whenever something is due, as the Temporal workflow does. */
  after(seconds: number): this {
    const until = this.#seconds + seconds;
    for (let due = this.#due; due !== undefined && due <= until; due = this.#due) {
      this.#seconds = due;
      this.arrive({ type: 'time-passed' });
    }
    this.#seconds = until;
    return this;
  }

  end(outcome: ExecutionOutcome = succeeded()): this {
    const [executionId = 'nothing runs'] = this.running;
    return this.arrive({ type: 'execution-ended', executionId, outcome });
  }

  with(placeAgents: readonly PlaceAgent[]): this {
    this.#definition = { ...this.#definition, placeAgents };
    return this.arrive({ type: 'place-agents-changed' });
  }

  get running(): readonly string[] {
    return Object.values(this.token.placeAgentRuns).flatMap(({ executionId }) => executionId ?? []);
  }

  get count(): number {
    return this.token.executionCount;
  }

  /** Types of the last events. */
  get told(): readonly string[] {
    return this.last.events.map(({ type }) => type);
  }

  get cancelled(): readonly string[] {
    return this.last.effects.flatMap((effect) => (effect.type === 'cancel-execution' ? [effect.executionId] : []));
  }

  get #now(): string {
    return new Date(Date.parse('2026-11-23T05:00:00.000Z') + this.#seconds * 1000).toISOString();
  }

  get #due(): number | undefined {
    const due = nextDue(this.token, this.#now);
    return due === undefined ? undefined : (Date.parse(due) - Date.parse('2026-11-23T05:00:00.000Z')) / 1000;
  }
}

function succeeded(output: Record<string, string> = {}): ExecutionOutcome {
  return { status: 'succeeded', result: aResult({ output }) };
}

const FAILED: ExecutionOutcome = { status: 'failed', errorCode: 'server', message: 'down' };
const waits = (...placeAgents: PlaceAgent[]) => aDefinition({ placeAgents });
const IS_NEW = { type: 'FieldEquals', field: 'metadata.status', value: 'new' } as const;

describe('a place agent without a schedule', () => {
  it('runs once per stay, as soon as the token is there', () => {
    const life = new Life(waits(aPlaceAgent()));
    expect(life.running).toEqual(['doc-1:classify:1']);
    life.end().arrive({ type: 'update', data: { a: 1 } });
    expect(life.count).toBe(1);
  });

  it.each(['toString', 'valueOf', 'hasOwnProperty'])('runs like any other when it is called %s', (id) => {
    const life = new Life(waits(aPlaceAgent({ id })));
    expect(life.running).toEqual([`doc-1:${id}:1`]);
    expect(life.end().token.placeAgentRuns[id]).toMatchObject({ count: 1 });
  });

  it('waits until its conditions hold and its inputs are there', () => {
    const agent = aPlaceAgent({ triggerConditions: [IS_NEW], inputMapping: { text: 'data.text' } });
    const life = new Life(waits(agent));
    life.arrive({ type: 'update', metadata: { status: 'new' } });
    expect(life.count).toBe(0);
    life.arrive({ type: 'update', data: { text: 'Hello' } });
    expect(life.running).toEqual(['doc-1:classify:1']);
  });

  it('writes its output and fires its transition', () => {
    const agent = aPlaceAgent({ outputMapping: { 'data.category': 'category' }, autoTransition: 'review' });
    const life = new Life(waits(agent)).end(succeeded({ category: 'memo' }));
    expect(life.token).toMatchObject({ place: 'reviewed', data: { category: 'memo' }, placeAgentRuns: {} });
    expect(life.told).toEqual(['EXECUTION_FINISHED', 'UPDATED', 'TRANSITION_FIRED']);
  });

  it('tells once that its transition is refused, and tries it again at every change', () => {
    const review = aTransition({ id: 'review', rules: [IS_NEW] });
    const agent = aPlaceAgent({ autoTransition: 'review' });
    const life = new Life(aDefinition({ transitions: [review], placeAgents: [agent] })).end();
    expect(life.told).toContain('TRANSITION_REFUSED');
    life.arrive({ type: 'update', data: { a: 1 } });
    expect(life.told).toEqual(['UPDATED']);
    life.arrive({ type: 'update', metadata: { status: 'new' } });
    expect(life.token.place).toBe('reviewed');
  });

  it('that fails raises an incident and waits for a retry, which resolves it when the run succeeds', () => {
    const life = new Life(waits(aPlaceAgent())).end(FAILED);
    expect(life.token.incident).toMatchObject({ code: 'server', placeAgentId: 'classify' });
    life.arrive({ type: 'update', data: { a: 1 } });
    expect(life.running).toEqual([]);
    life.arrive({ type: 'retry' });
    expect(life.running).toEqual(['doc-1:classify:2']);
    expect(life.end().token.incident).toBeUndefined();
    expect(life.told).toContain('INCIDENT_RESOLVED');
  });

  it('whose answer lacks what is mapped writes nothing and raises an incident', () => {
    const agent = aPlaceAgent({ outputMapping: { 'data.a': 'a', 'data.b': 'b' } });
    const life = new Life(waits(agent)).end(succeeded({ a: 'x' }));
    expect(life.token.data).toEqual({});
    expect(life.token.incident).toMatchObject({ code: 'output_mapping_failed' });
  });

  it('that somebody cancels leaves no incident and does not run again', () => {
    const life = new Life(waits(aPlaceAgent())).end({ status: 'cancelled' });
    expect(life.token.incident).toBeUndefined();
    expect(life.arrive({ type: 'update', data: { a: 1 } }).count).toBe(1);
  });
});

describe('a place agent with a schedule', () => {
  it('waits for its initial delay', () => {
    const life = new Life(waits(aPlaceAgent({ schedule: { initialDelaySeconds: 5 } })));
    expect(life.after(4.9).count).toBe(0);
    expect(life.after(0.1).count).toBe(1);
    expect(life.end().after(1000).count).toBe(1);
  });

  it('repeats while the token stays, as often as it may; failed runs count', () => {
    const schedule = { initialDelaySeconds: 10, intervalSeconds: 60, maxExecutions: 3 };
    const life = new Life(waits(aPlaceAgent({ schedule })));
    life.after(10).end(FAILED).after(60).end(FAILED).after(60).end();
    expect(life.count).toBe(3);
    expect(life.token.incident).toBeUndefined();
    expect(life.after(10_000).count).toBe(3);
  });

  it('looks at its conditions when it is due, and a false look does not count', () => {
    const schedule = { intervalSeconds: 60, maxExecutions: 2 };
    const life = new Life(waits(aPlaceAgent({ schedule, triggerConditions: [IS_NEW] })));
    life.after(150).arrive({ type: 'update', metadata: { status: 'new' } });
    expect(life.count).toBe(0);
    expect(life.after(30).count).toBe(1);
    expect(life.end().after(60).count).toBe(2);
  });

  it('without an interval looks again at every change, once it is due', () => {
    const life = new Life(waits(aPlaceAgent({ schedule: { initialDelaySeconds: 60 }, triggerConditions: [IS_NEW] })));
    life.arrive({ type: 'update', metadata: { status: 'new' } });
    expect(life.count).toBe(0);
    life.arrive({ type: 'update', metadata: { status: 'old' } }).after(60);
    expect(life.arrive({ type: 'update', metadata: { status: 'new' } }).count).toBe(1);
  });

  it('does not double a run that still goes on, and does not make up for it', () => {
    const life = new Life(waits(aPlaceAgent({ schedule: { intervalSeconds: 60 } })));
    expect(life.after(150).count).toBe(1);
    expect(life.end().count).toBe(1);
    expect(life.after(29).count).toBe(1);
    expect(life.after(1).count).toBe(2);
  });
});

describe('when the token leaves', () => {
  const slow = aPlaceAgent({ id: 'slow' });
  const timed = aPlaceAgent({ id: 'timed', schedule: { initialDelaySeconds: 60 } });

  it('running executions are cancelled, timers are gone and late output is discarded, visibly', () => {
    const life = new Life(waits(slow, timed));
    const [executionId = ''] = life.running;
    life.arrive({ type: 'fire', transitionId: 'review' });
    expect(life.cancelled).toEqual([executionId]);
    expect(life.token.placeAgentRuns).toEqual({});
    life.arrive({ type: 'execution-ended', executionId, outcome: succeeded() });
    expect(life.last.events).toMatchObject([{ type: 'EXECUTION_FINISHED', details: { discarded: true } }]);
    expect(life.after(1000).count).toBe(1);
  });

  it('cancelling the token cancels what runs', () => {
    const life = new Life(waits(slow)).arrive({ type: 'cancel', reason: 'enough' });
    expect(life.token.status).toBe('CANCELLED');
    expect(life.cancelled).toEqual(['doc-1:slow:1']);
    expect(life.last.events).toMatchObject([{ type: 'CANCELLED', details: { reason: 'enough' } }]);
  });

  it('a new stay begins anew', () => {
    const loop = aDefinition({
      transitions: [
        aTransition({ id: 'go' }),
        aTransition({ id: 'back', fromPlaces: ['reviewed'], toPlace: 'submitted' }),
      ],
      places: ['submitted', 'reviewed'],
      placeAgents: [aPlaceAgent()],
    });
    const life = new Life(loop).end();
    life.arrive({ type: 'fire', transitionId: 'go' }).arrive({ type: 'fire', transitionId: 'back' });
    expect(life.running).toEqual(['doc-1:classify:2']);
  });
});

describe('a configuration that changes while the token is in the place', () => {
  it('starts what is new, and stops what is gone', () => {
    const life = new Life(waits()).with([aPlaceAgent({ id: 'late' })]);
    expect(life.running).toEqual(['doc-1:late:1']);
    life.with([]);
    expect(life.cancelled).toEqual(['doc-1:late:1']);
    expect(life.token.placeAgentRuns).toEqual({});
  });

  it('ends a token that only waited for the last agent of the last place', () => {
    const last = aDefinition({
      places: ['end'],
      initialPlace: 'end',
      transitions: [],
      placeAgents: [aPlaceAgent({ placeId: 'end' })],
    });
    const life = new Life(last);
    expect(life.token.status).toBe('ACTIVE');
    expect(life.with([]).token.status).toBe('COMPLETED');
  });

  it('leaves alone what stays', () => {
    const kept = aPlaceAgent({ id: 'kept' });
    const life = new Life(waits(kept)).with([kept, aPlaceAgent({ id: 'other', enabled: false })]);
    expect(life.count).toBe(1);
    expect(life.cancelled).toEqual([]);
  });
});

describe('a trigger by hand', () => {
  it('runs what can run, whatever the schedule says, and doubles nothing', () => {
    const later = aPlaceAgent({ id: 'later', schedule: { initialDelaySeconds: 3600 } });
    const blocked = aPlaceAgent({ id: 'blocked', triggerConditions: [IS_NEW] });
    const life = new Life(waits(aPlaceAgent(), later, blocked)).arrive({ type: 'trigger-place-agents' });
    expect(life.running).toEqual(['doc-1:classify:1', 'doc-1:later:2']);
  });
});

describe('the guard', () => {
  it('stops agents that send the token round and round', () => {
    const ring = aDefinition({
      places: ['submitted', 'reviewed'],
      transitions: [
        aTransition({ id: 'go' }),
        aTransition({ id: 'back', fromPlaces: ['reviewed'], toPlace: 'submitted' }),
      ],
      placeAgents: [
        aPlaceAgent({ id: 'a', autoTransition: 'go' }),
        aPlaceAgent({ id: 'b', placeId: 'reviewed', autoTransition: 'back' }),
      ],
    });
    const life = new Life(ring);
    for (let runs = 0; life.running.length > 0 && runs < 1000; runs += 1) life.end();
    expect(life.token.incident).toMatchObject({ code: 'automatic_steps_exceeded' });
    expect(life.token.transitionCount).toBe(100);
    life.arrive({ type: 'retry' });
    expect(life.token.transitionCount).toBe(101);
  });
});

describe('a place agent that fires a transition itself', () => {
  const fire = (executionId: string, transitionId = 'review') => ({ type: 'fire', transitionId, executionId }) as const;
  const RUN = 'doc-1:classify:1';

  it('is the cause of the move, and goes on while others of the place are stopped', () => {
    const life = new Life(waits(aPlaceAgent(), aPlaceAgent({ id: 'other' }))).arrive(fire(RUN));
    expect(life.token).toMatchObject({ place: 'reviewed', placeAgentRuns: {}, history: [{ executionId: RUN }] });
    expect(life.last.events).toMatchObject([{ type: 'TRANSITION_FIRED', executionId: RUN }]);
    expect(life.cancelled).toEqual(['doc-1:other:2']);
    life.arrive({ type: 'execution-ended', executionId: RUN, outcome: succeeded({ category: 'memo' }) });
    expect(life.last.events).toMatchObject([{ type: 'EXECUTION_FINISHED', details: { discarded: true } }]);
  });

  it('is named by the start of a transition that has an agent', () => {
    const review = aTransition({ id: 'review', agentExecution: anAgentTransition() });
    const life = new Life(aDefinition({ transitions: [review], placeAgents: [aPlaceAgent()] })).arrive(fire(RUN));
    expect(life.last.events[0]).toMatchObject({ type: 'TRANSITION_STARTED', details: { firedBy: RUN } });
    expect(life.cancelled).toEqual([]);
    expect(life.arrive(fire(RUN)).last.refusal).toMatchObject({ code: 'TRANSITION_IN_PROGRESS' });
  });

  it('moves nothing from a place that it does not run for, and nothing past an incident', () => {
    const life = new Life(waits(aPlaceAgent(), aPlaceAgent({ id: 'other' })));
    expect(life.arrive(fire('doc-1:else:9')).last.refusal).toMatchObject({ blockers: [{ code: 'AGENT_LEFT' }] });
    life.arrive({ type: 'execution-ended', executionId: 'doc-1:other:2', outcome: FAILED });
    expect(life.arrive(fire(RUN)).last.refusal).toMatchObject({ blockers: [{ code: 'INCIDENT' }] });
    expect(life.token.place).toBe('submitted');
  });

  it('does not send a token round in a circle for ever', () => {
    const around = aTransition({ id: 'around', fromPlaces: ['submitted'], toPlace: 'submitted' });
    const life = new Life(aDefinition({ transitions: [around], placeAgents: [aPlaceAgent()] }));
    for (let moves = 0; moves < 100; moves += 1) life.arrive(fire(life.running[0] ?? '', 'around'));
    expect(life.token).toMatchObject({ transitionCount: 100, incident: { code: 'automatic_steps_exceeded' } });
    expect(life.arrive(fire(life.running[0] ?? '', 'around')).last.refusal).toBeDefined();
    expect(life.arrive({ type: 'fire', transitionId: 'around' }).token.incident).toBeUndefined();
  });
});
