import { setTimeout as delay } from 'node:timers/promises';

import { ApiClient } from '../../src/cli/api-client.js';
import { watchExecution } from '../../src/client/index.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { anAgentNamed, type Acknowledged } from './acknowledged.js';

interface UserSettings {
  readonly address: string;
  readonly acknowledged: Acknowledged;
  readonly signal: AbortSignal;
}

/** Has one token after the other made, written and watched, and says each time what was acknowledged. Asks again for whatever was not. */
export class TrialUser {
  readonly #api: ApiClient;
  readonly #acknowledged: Acknowledged;
  readonly #nth: number;
  readonly #signal: AbortSignal;
  isToRest = false;
  rests = false;
  /** What it waits for. */
  doing = '';

  /** `signal` ends its work wherever that is. */
  constructor(nth: number, { address, acknowledged, signal }: UserSettings) {
    [this.#nth, this.#acknowledged, this.#signal] = [nth, acknowledged, signal];
    this.#api = new ApiClient(address, { signal });
  }

  async work(): Promise<void> {
    for (let round = 0; !this.isToRest; round += 1) await this.#one(`essay-${this.#nth}-${round}`);
    this.rests = true;
  }

  async #one(id: string): Promise<void> {
    const agent = `agent-${id}`;
    await this.#ask('mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', anAgentNamed(agent));
    this.#acknowledged.agents.add(agent);
    const create = 'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }';
    await this.#ask(create, { id, workflowId: 'writing', data: { topic: id } });
    this.#acknowledged.tokens.add(id);
    await this.#ask(`mutation ($input: JSON!) { updateToken(id: "${id}", data: $input) { id } }`, { note: id });
    this.#acknowledged.noted.add(id);
    const fire = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }';
    const input = { tokenId: id, transitionId: 'write', idempotencyKey: 'once' };
    const fired = await this.#ask<{ fireTransition: { executionId: string } }>(fire, input);
    const { executionId } = fired?.fireTransition ?? { executionId: '' };
    this.#acknowledged.fired.set(id, executionId);
    this.doing = `${id}: watches ${executionId}`;
    const watching = watchExecution({ url: this.#api.address, executionId, signal: this.#signal });
    const last = await watching.finished();
    this.#acknowledged.answered.set(executionId, { type: last.eventType, text: watching.view.text });
  }

  /** Until it is acknowledged; undefined: it is there already, from a time at which the answer got lost. */
  async #ask<Data>(query: string, input: object): Promise<Data | undefined> {
    this.doing = `${query} ${JSON.stringify(input)}`;
    for (;;) {
      try {
        return await this.#api.query<Data>(query, { input });
      } catch (error) {
        if (!(error instanceof CircuitBreakerError)) throw error;
        if (error.code === 'ALREADY_EXISTS') return undefined;
        if (error.code !== 'UNAVAILABLE') throw error;
        await delay(100);
      }
    }
  }
}
