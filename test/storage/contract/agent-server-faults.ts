import { describe, expect, it } from 'vitest';

import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import { withAgentsElsewhere } from '../../../src/storage/elsewhere/agents-elsewhere.js';
import { openAgentStorage } from '../../../src/storage/open-agent-storage.js';
import { openStorage } from '../../../src/storage/open-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { NOW } from '../../support/builders.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';

/** A server of agents that keeps what it has acknowledged, and can be killed. */
export interface KillableServer {
  readonly url: string;
  kill(): Promise<void>;
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

const WRITERS = 20;

/** What becomes of agents while their server is away. */
export function agentServerFaultContract(name: string, start: () => Promise<KillableServer>): void {
  describe(`agents on a ${name} that is killed`, () => {
    async function withAgents(run: (storage: Storage, server: KillableServer) => Promise<void>): Promise<void> {
      const server = await start();
      const logger = new MemoryLogger();
      const { storage: main, home } = await openStorage('memory:', { logger });
      const storage = withAgentsElsewhere(main, home, await openAgentStorage(server.url, { home, logger }));
      try {
        await run(storage, server);
      } finally {
        await storage.close();
        await server.stop();
      }
    }

    it(
      'under writes lose nothing that was acknowledged, and are UNAVAILABLE meanwhile',
      { tags: 'storage-away' },
      async () => {
        await withAgents(async (storage, server) => {
          const stopped = new AbortController();
          const kept = new Map<string, string>();
          const refusals: unknown[] = [];
          const writers = Array.from({ length: WRITERS }, async (_, writer) => {
            for (let n = 0; !stopped.signal.aborted; n += 1) {
              const id = `killed-${writer}-${n}`;
              try {
                await storage.executions.create(pendingExecution({ executionId: id, agentId: 'a', input: {} }, NOW));
                kept.set(id, 'PENDING');
                await storage.executions.update(id, { status: 'FAILED', completedAt: NOW });
                kept.set(id, 'FAILED');
                await storage.executions.storeTurn(id, 1, { result: { text: id } });
                kept.set(id, 'turned');
              } catch (error) {
                refusals.push(error);
                // As those do who come again.
                await new Promise((resolve) => setTimeout(resolve, 20));
              }
            }
          });
          for (let kills = 1; kills <= 2; kills += 1) {
            const before = kept.size;
            await eventually(() => {
              expect(kept.size).toBeGreaterThan(before + WRITERS);
            });
            await server.kill();
            const seen = refusals.length;
            await eventually(() => {
              expect(refusals.length).toBeGreaterThan(seen + WRITERS);
            });
            await server.startAgain();
          }
          const before = kept.size;
          await eventually(() => {
            expect(kept.size).toBeGreaterThan(before + WRITERS);
          });
          stopped.abort();
          await Promise.all(writers);
          expect(new Set(refusals.map((error) => (error as { code?: string }).code))).toEqual(new Set(['UNAVAILABLE']));
          const ids = [...kept.keys()];
          const found = await storage.executions.getMany(ids);
          for (const [index, id] of ids.entries()) {
            if (kept.get(id) === 'PENDING') expect(found[index]?.id).toBe(id);
            else expect(found[index]?.status).toBe('FAILED');
            if (kept.get(id) === 'turned') expect(await storage.executions.getTurn(id, 1)).toEqual({ text: id });
          }
          const listed = new Set<string>();
          for (let after: string | undefined; ;) {
            const page = await storage.executions.list({}, { first: 200, ...(after === undefined ? {} : { after }) });
            for (const { item } of page.items) listed.add(item.id);
            after = page.items.at(-1)?.cursor;
            if (!page.hasNextPage) break;
          }
          expect(ids.filter((id) => !listed.has(id))).toEqual([]);
          await storage.catchUp();
        });
      },
    );
  });
}

/** What is said at the start of a server that is not there. The URL has the password `secret`. */
export function agentServerRefusalContract(url: string, server: string): void {
  it(`agents at ${server} say where they looked for a server that is not there, without the password`, async () => {
    const logger = new MemoryLogger();
    const { home } = await openStorage('memory:', { logger });
    const opening = openAgentStorage(url, { home, logger });
    await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(opening).rejects.toThrow(server);
    await expect(opening).rejects.not.toThrow(/secret/);
  });
}
