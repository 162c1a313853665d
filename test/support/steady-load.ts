import { setTimeout as delay } from 'node:timers/promises';

import { graphql } from './api-client.js';
import { eventually } from './eventually.js';

const EXECUTE = 'mutation ($id: String!) { executeAgent(input: { agentId: $id }) { id } }';
const UNDER_WAY =
  '{ running: agentExecutions(status: RUNNING) { nodes { id } } pending: agentExecutions(status: PENDING) { nodes { id } } }';

/** Executions of one agent, again and again, each watched to its end. */
export class SteadyLoad {
  readonly #ending = new AbortController();
  readonly #viewers = new Set<Promise<unknown>>();
  readonly #running: Promise<void>;

  constructor(
    readonly address: string,
    readonly agentId: string,
    { everyMs }: { readonly everyMs: number },
  ) {
    this.#running = this.#run(everyMs);
  }

  /** Resolves when what was begun is over. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await Promise.all(this.#viewers);
  }

  async #run(everyMs: number): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(this.address, EXECUTE, {
        id: this.agentId,
      });
      const viewer = this.#view(executeAgent.id).finally(() => this.#viewers.delete(viewer));
      this.#viewers.add(viewer);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #view(executionId: string): Promise<void> {
    const headers = { accept: 'text/event-stream' };
    const response = await fetch(`${this.address}/agent-stream/${executionId}`, { headers });
    await response.text();
  }
}

/** Waits until no execution is under way. */
export async function untilAllHaveEnded(address: string): Promise<void> {
  await eventually(async () => {
    const { running, pending } = await graphql<Record<'running' | 'pending', { nodes: readonly unknown[] }>>(
      address,
      UNDER_WAY,
    );
    if (running.nodes.length + pending.nodes.length > 0) throw new Error('executions are under way');
  });
}
