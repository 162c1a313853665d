import type { Refusal } from '../core/engine/decision.js';
import type { TokenInput } from '../core/engine/decision.js';
import type { JsonObject } from '../core/json/json.js';
import type { Token, TokenEvent } from '../core/tokens/token.js';
import { ScriptedAgents, type AgentScript } from './agent-script.js';
import { pathText } from './path-text.js';
import { endOf } from './played-end.js';
import { readSpan, type Span } from './span.js';
import { testedDefinition } from './tested-definition.js';
import { VirtualToken, type TestedExecution } from './virtual-token.js';

/**
 * What is done from outside: the name of a transition fires it. A step comes when the token is at rest: when everything has
 * happened that needs no time. `wait` lets time pass.
 */
export type Step =
  | string
  | { readonly fire: string; readonly data?: JsonObject }
  | { readonly update: { readonly data?: JsonObject; readonly metadata?: JsonObject } }
  | { readonly wait: Span }
  | { readonly retry: true }
  | { readonly cancel: string };

export interface RunOptions {
  /** By agent id, what it answers. One that runs and is not named fails the test. */
  readonly agents?: Readonly<Record<string, AgentScript>>;
  readonly data?: JsonObject;
  readonly metadata?: JsonObject;
  readonly initialPlace?: string;
  /** The token's id: `token` unless said. */
  readonly id?: string;
  readonly steps?: readonly Step[];
  /** How long the clock goes on after the last step: `365d` unless said. Schedules without an end run on until then. */
  readonly for?: Span;
  /** Where the clock begins, RFC 3339: the first of January 2026 unless said. */
  readonly startAt?: string;
}

/** Why a step was not taken. */
export interface RefusedStep extends Refusal {
  readonly step: Step;
}

/** The token as it stands when nothing more happens, with all that happened on the way. */
export interface TestedToken extends Token {
  readonly events: readonly TokenEvent[];
  readonly executions: readonly TestedExecution[];
  /** Steps that the token refused, with every blocker. */
  readonly refusals: readonly RefusedStep[];
  /** A line for each thing that happened, with the time since the beginning: for snapshots. */
  readonly path: string;
}

/** A schedule that fires every second runs out of this within a day. */
const MOST_MOMENTS = 20_000;
const BEGINNING = '2026-01-01T00:00:00.000Z';

/**
 * Runs one token of a workflow to its end on the engine that production runs, without a server: agents say what the test has them
 * say, and time is the test's. The definition is what `createWorkflow`, a file or `defineWorkflow` has. Rejects with
 * VALIDATION_FAILED where the definition is wrong, and where the test has no answer for an agent.
 */
export async function runWorkflow(definition: object, options: RunOptions = {}): Promise<TestedToken> {
  // Whatever is thrown rejects, so that tests find all mistakes in one place.
  await Promise.resolve();
  const { agents = {}, id = 'token', data, metadata, initialPlace, startAt = BEGINNING, steps = [] } = options;
  const scripted = new ScriptedAgents(agents);
  const seed = {
    id,
    ...(data === undefined ? {} : { data }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(initialPlace === undefined ? {} : { initialPlace }),
  };
  const tested = new VirtualToken(testedDefinition(definition), seed, {
    play: (request, now) => endOf(request, scripted.play(request), now),
    startAt: instant(startAt),
  });
  const clock = new Clock(tested);
  const refusals: RefusedStep[] = [];
  clock.settle();
  for (const [index, step] of steps.entries()) {
    if (typeof step === 'object' && 'wait' in step) {
      clock.wait(readSpan(step.wait, `steps[${index}].wait`));
      continue;
    }
    const refusal = tested.give(inputOf(step));
    if (refusal !== undefined) refusals.push({ step, ...refusal });
    clock.settle();
  }
  clock.wait(readSpan(options.for ?? '365d', 'for'));
  return testedToken(tested, refusals);
}

/** All that a test may ask of a run. */
export function testedToken(tested: VirtualToken, refusals: readonly RefusedStep[]): TestedToken {
  const { token, events, executions } = tested;
  return { ...token, events, executions, refusals, path: pathText(tested) };
}

class Clock {
  readonly #tested: VirtualToken;
  #moments = 0;

  constructor(tested: VirtualToken) {
    this.#tested = tested;
  }

  /** Lets happen what needs no time. */
  settle(): void {
    this.#until(this.#tested.now);
  }

  wait(seconds: number): void {
    const end = this.#tested.now + seconds * 1000;
    this.#until(end);
    if (this.#tested.token.status === 'ACTIVE') this.#tested.goTo(end);
  }

  #until(end: number): void {
    for (let { next } = this.#tested; next !== undefined && next <= end; { next } = this.#tested) {
      this.#moments += 1;
      if (this.#moments > MOST_MOMENTS)
        throw new Error(`The workflow is at ${MOST_MOMENTS} moments and goes on: say \`for\` how long it is to run.`);
      this.#tested.goTo(next);
    }
  }
}

function inputOf(step: Exclude<Step, { wait: Span }>): TokenInput {
  if (typeof step === 'string') return { type: 'fire', transitionId: step };
  if ('fire' in step) {
    return { type: 'fire', transitionId: step.fire, ...(step.data === undefined ? {} : { data: step.data }) };
  }
  if ('update' in step) return { type: 'update', ...step.update };
  if ('retry' in step) return { type: 'retry' };
  return { type: 'cancel', reason: step.cancel };
}

function instant(text: string): number {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new TypeError(`startAt is ${JSON.stringify(text)}: give a time as RFC 3339 has it, such as ${BEGINNING}.`);
}
