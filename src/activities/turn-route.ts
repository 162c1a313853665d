import type { LlmProvider, ProviderType } from '../core/agents/agent.js';
import { providerKey } from '../core/agents/same-provider.js';
import type { AttemptErrorCode } from '../core/codes.js';
import { nextStop, wordsOfPassed, type PassedStop, type RouteStop } from '../core/executions/provider-route.js';
import type { ProviderState } from '../core/executions/provider-state.js';
import type { AttemptDetails } from './attempt-heartbeat.js';

type Place = Required<Pick<AttemptDetails, 'at' | 'failuresBefore' | 'passed'>>;

/** Where an attempt is on the way through the providers of its turn. Each turn begins with the agent's own. */
export class TurnRoute {
  readonly #stops: readonly [RouteStop, ...RouteStop[]];
  readonly #place: Place;
  /** Whether this is the first attempt at the stop that it is at, and that is none of the agent's own. */
  readonly isFallback: boolean;

  constructor(
    stops: readonly [RouteStop, ...RouteStop[]],
    { at = 0, failuresBefore = 0, passed = [], movedOn }: Partial<AttemptDetails>,
  ) {
    this.#stops = stops;
    this.#place = { at, failuresBefore, passed };
    this.isFallback = movedOn === true;
  }

  get provider(): LlmProvider {
    return this.providerAt(this.#place.at);
  }

  providerAt(at: number): LlmProvider {
    return (this.#stops[at] ?? this.#stops[0]).provider;
  }

  /** That of the first stop with the model. */
  providerOf(model: string): ProviderType {
    return (this.#stops.find(({ provider }) => provider.model === model) ?? this.#stops[0]).provider.type;
  }

  /** Whether a model is that of one stop only: then its name tells who has answered. */
  isOfOne(model: string): boolean {
    return this.#stops.filter(({ provider }) => provider.model === model).length === 1;
  }

  get isLast(): boolean {
    return this.#place.at >= this.#stops.length - 1;
  }

  get failuresBefore(): number {
    return this.#place.failuresBefore;
  }

  /** The providers before this one, and why they were gone past. */
  get passed(): readonly PassedStop[] {
    return this.#place.passed;
  }

  /** For whoever reads the answer; nothing where the agent's own provider gave it. */
  get warnings(): readonly string[] {
    if (this.passed.length === 0) return [];
    const { type, model } = this.provider;
    return [`The fallback ${type} ${model} answered, not ${wordsOfPassed(this.passed)}.`];
  }

  /** The route of an attempt that goes past its provider without asking it: it has failed often lately. */
  past(at: number, why: { readonly code: AttemptErrorCode; readonly failures: number }): TurnRoute {
    const { type, model } = this.provider;
    const passed = [...this.passed, { provider: type, model, code: why.code, isSkipped: true as const }];
    const place = { at, failuresBefore: why.failures, passed, movedOn: true as const };
    return new TurnRoute(this.#stops, place);
  }

  /** What the provider wants back, so that none of the others is given it. */
  marked(state: ProviderState): ProviderState {
    return this.#stops.length === 1 ? state : { ...state, from: providerKey(this.provider) };
  }

  /** What a later attempt at the same stop has to know. */
  details(): Partial<AttemptDetails> {
    return this.#place.at === 0 ? {} : this.#place;
  }

  /** Where the turn goes after a failure that its provider ends with; undefined: nowhere, that was the last. */
  next(code: AttemptErrorCode): number | undefined {
    return nextStop(this.#stops, this.#place.at, code);
  }

  /** With which the next attempt begins at another stop. `failures` are those of the turn so far. */
  moved(at: number, why: { readonly code: AttemptErrorCode; readonly failures: number }): Partial<AttemptDetails> {
    const { type, model } = this.provider;
    const passed = [...this.passed, { provider: type, model, code: why.code }];
    return { at, failuresBefore: why.failures, passed, movedOn: true };
  }
}
