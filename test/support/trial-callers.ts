import { setTimeout as delay } from 'node:timers/promises';

import { ApiClient } from '../../src/cli/api-client.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { acknowledgedGraphql, type GraphqlSocket } from './graphql-socket.js';
import { anAgentNamed, type Acknowledged } from './acknowledged.js';

interface CallerSettings {
  readonly address: string;
  readonly acknowledged: Acknowledged;
  readonly signal: AbortSignal;
}

const EVERY_MS = 50;
const MOST_AT_ONCE = 100;
const CALM: ReadonlySet<string> = new Set(['UNAVAILABLE', 'RATE_LIMITED']);
const WATCHED = 'watched';
const UPDATE = 'mutation ($input: JSON!) { updateToken(id: "watched", data: $input) { id } }';
const READS = [
  '{ agents { id } }',
  '{ tokens(first: 20) { nodes { id place history { transition } } } }',
  '{ agentExecutions(first: 20) { nodes { id status finalResponse } } }',
  '{ tokenEvents(tokenId: "watched", first: 20) { type } }',
];

/** Many who call all the time and come again with nothing: whatever they are told but UNAVAILABLE and RATE_LIMITED is an error of ours. */
export class TrialCallers {
  readonly #api: ApiClient;
  readonly #settings: CallerSettings;
  readonly #under = new Set<Promise<void>>();
  isToRest = false;
  #slowestMs = 0;
  #updates = 0;
  #subscription: GraphqlSocket | undefined;
  /** With either of them. */
  refused = 0;

  constructor(settings: CallerSettings) {
    this.#settings = settings;
    this.#api = new ApiClient(settings.address, { signal: settings.signal });
  }

  /** Rejects with the first other error. */
  async work(): Promise<void> {
    const create = 'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }';
    await this.#api.query(create, { input: { id: WATCHED, workflowId: 'writing' } });
    this.#subscription = await acknowledgedGraphql(this.#settings.address);
    const payload = { query: `subscription { tokenUpdates(tokenId: "${WATCHED}") { type } }` };
    this.#subscription.send({ type: 'subscribe', id: WATCHED, payload });
    await this.#subscription.isHeard();
    const failed = new Promise<never>((_, reject) => {
      void this.#begin(reject);
    });
    await Promise.race([failed, this.#untilRest()]);
  }

  /** Every call was answered, and whoever watches has seen as many changes as were acknowledged. */
  get rests(): boolean {
    return this.isToRest && this.#under.size === 0 && this.#seen() >= this.#updates;
  }

  end(): void {
    this.#subscription?.end();
  }

  toString(): string {
    return `${this.#updates} updates, ${this.#seen()} seen, ${this.#under.size} calls under way`;
  }

  takeSlowestMs(): number {
    const slowest = Math.round(this.#slowestMs);
    this.#slowestMs = 0;
    return slowest;
  }

  #seen(): number {
    return this.#subscription?.messages.filter(({ type }) => type === 'next').length ?? 0;
  }

  async #untilRest(): Promise<void> {
    while (!this.isToRest) await delay(EVERY_MS);
  }

  async #begin(reject: (error: unknown) => void): Promise<void> {
    for (let nth = 0; !this.isToRest; nth += 1) {
      await delay(EVERY_MS);
      if (this.#under.size >= MOST_AT_ONCE) continue;
      const call = this.#call(nth)
        .catch(reject)
        .finally(() => this.#under.delete(call));
      this.#under.add(call);
    }
  }

  async #call(nth: number): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.#ask(nth);
    } catch (error) {
      // Or that too many change the same token at once, whose changes are slow now.
      if (!(error instanceof CircuitBreakerError && CALM.has(error.code))) throw error;
      this.refused += 1;
    } finally {
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedAt);
    }
  }

  async #ask(nth: number): Promise<void> {
    if (nth % 3 === 0) {
      await this.#api.query(READS[(nth / 3) % READS.length] ?? '', {});
    } else if (nth % 3 === 1) {
      await this.#api.query(UPDATE, { input: { nth } });
      this.#updates += 1;
    } else {
      const id = `agent-of-call-${nth}`;
      const create = 'mutation ($input: AgentInput!) { createAgent(input: $input) { id } }';
      await this.#api.query(create, { input: anAgentNamed(id) });
      this.#settings.acknowledged.agents.add(id);
    }
  }
}
