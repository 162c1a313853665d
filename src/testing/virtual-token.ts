import { decide } from '../core/engine/decide.js';
import type { Effect, ExecutionOutcome, Refusal, TokenInput } from '../core/engine/decision.js';
import { newToken } from '../core/engine/new-token.js';
import { nextDue } from '../core/engine/place-agent-schedule.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { JsonObject, JsonValue } from '../core/json/json.js';
import type { Token, TokenEvent } from '../core/tokens/token.js';

interface Seed {
  readonly id: string;
  readonly initialPlace?: string;
  readonly data?: JsonObject;
  readonly metadata?: JsonObject;
}

/** A run of an agent within a test. */
export interface TestedExecution {
  readonly executionId: string;
  readonly agentId: string;
  readonly input: JsonValue;
  readonly transitionId?: string;
  readonly placeAgentId?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly status: 'running' | ExecutionOutcome['status'];
}

interface Running {
  /** Absent: never. */
  readonly endsAt?: number;
  readonly outcome: ExecutionOutcome;
}

interface Surroundings {
  readonly play: Play;
  /** Milliseconds. */
  readonly startAt: number;
  readonly executionIdSuffix?: string;
}

/** How a run of an agent ends, and after how many seconds. */
export interface PlayedEnd {
  readonly seconds: number;
  readonly outcome: ExecutionOutcome;
}

/** Who plays the agents: asked once for each run, when it begins, at a time in milliseconds. Undefined: it never ends. */
export type Play = (request: ExecutionRequest, now: number) => PlayedEnd | undefined;

/** One token on a clock of its own: `decide` as production calls it, and nothing of Temporal. */
export class VirtualToken {
  #definition: WorkflowDefinition;
  readonly #play: Play;
  #now: number;
  #token: Token;
  readonly #events: TokenEvent[] = [];
  readonly #executions = new Map<string, TestedExecution>();
  readonly #running = new Map<string, Running>();
  readonly #suffix: string | undefined;

  constructor(definition: WorkflowDefinition, begin: Seed | Token, surroundings: Surroundings) {
    const { play, startAt, executionIdSuffix } = surroundings;
    this.#definition = definition;
    this.#play = play;
    this.#now = startAt;
    this.#suffix = executionIdSuffix;
    if ('version' in begin) {
      this.#token = begin;
      return;
    }
    this.#token = newToken(definition, begin, { now: this.#time });
    this.give({ type: 'created' });
  }

  get token(): Token {
    return this.#token;
  }

  get events(): readonly TokenEvent[] {
    return this.#events;
  }

  get executions(): readonly TestedExecution[] {
    return [...this.#executions.values()];
  }

  get now(): number {
    return this.#now;
  }

  /** What arrives from outside; a refusal leaves the token as it was. */
  give(input: TokenInput): Refusal | undefined {
    const { token, events, effects, refusal } = decide(this.#definition, this.#token, input, {
      now: this.#time,
      ...(this.#suffix === undefined ? {} : { executionIdSuffix: this.#suffix }),
    });
    this.#token = token;
    if (input.type === 'migrate' && refusal === undefined) this.#definition = input.target;
    this.#events.push(...events);
    for (const effect of effects) this.#perform(effect);
    return refusal;
  }

  /** When the next thing happens by itself: an agent answers, or one is due. Undefined: nothing ever does. */
  get next(): number | undefined {
    const ends = [...this.#running.values()].flatMap(({ endsAt }) => endsAt ?? []);
    const due = this.#token.status === 'ACTIVE' ? nextDue(this.#token, this.#time) : undefined;
    const times = [...ends, ...(due === undefined ? [] : [Date.parse(due)])];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Puts the clock forward to `time`, and lets happen what is due there: first the answers, in the order in which they were asked. */
  goTo(time: number): void {
    this.#now = Math.max(this.#now, time);
    for (const [executionId, { endsAt, outcome }] of this.#running) {
      if (endsAt !== undefined && endsAt <= this.#now) this.#end(executionId, outcome);
    }
    const due = Object.values(this.#token.placeAgentRuns).some(
      (runs) => runs.due !== undefined && runs.due <= this.#time,
    );
    if (due && this.#token.status === 'ACTIVE') this.give({ type: 'time-passed' });
  }

  #perform(effect: Effect): void {
    if (effect.type === 'cancel-execution') {
      const running = this.#running.get(effect.executionId);
      // It ends as production hears of it: after what is being decided.
      if (running !== undefined)
        this.#running.set(effect.executionId, { ...running, endsAt: this.#now, outcome: { status: 'cancelled' } });
      return;
    }
    const { execution: request } = effect;
    const { executionId, agentId, input, token } = request;
    const played = this.#play(request, this.#now);
    this.#running.set(executionId, {
      ...(played === undefined ? {} : { endsAt: this.#now + Math.round(played.seconds * 1000) }),
      outcome: played?.outcome ?? { status: 'cancelled' },
    });
    this.#executions.set(executionId, {
      executionId,
      agentId,
      input,
      ...(token?.transitionId === undefined ? {} : { transitionId: token.transitionId }),
      ...(token?.placeAgentId === undefined ? {} : { placeAgentId: token.placeAgentId }),
      startedAt: this.#time,
      status: 'running',
    });
  }

  #end(executionId: string, outcome: ExecutionOutcome): void {
    this.#running.delete(executionId);
    const execution = this.#executions.get(executionId);
    if (execution !== undefined)
      this.#executions.set(executionId, { ...execution, status: outcome.status, endedAt: this.#time });
    this.give({ type: 'execution-ended', executionId, outcome });
  }

  get #time(): string {
    return new Date(this.#now).toISOString();
  }
}
