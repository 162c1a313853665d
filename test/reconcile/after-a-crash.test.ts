import { beforeEach, describe, expect, it } from 'vitest';

import type { ExecutionRequest } from '../../src/core/executions/execution.js';
import type { Token } from '../../src/core/tokens/token.js';
import { settleAfterCrash } from '../../src/reconcile/after-a-crash.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { PlayedTemporal } from '../support/api-under-test.js';
import { aDefinition, aToken, NOW } from '../support/builders.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { MemoryLogger } from '../support/memory-logger.js';

describe('a comparison of storage with Temporal after a crash', { tags: 'log-torn' }, () => {
  let storage: Storage;
  let temporal: PlayedTemporal;
  let logger: MemoryLogger;
  /** What Temporal has. */
  let live: Map<string, Token>;
  let running: Map<string, ExecutionRequest>;

  beforeEach(async () => {
    logger = new MemoryLogger();
    ({ storage } = await openStorage('memory:', { logger }));
    temporal = new PlayedTemporal(storage);
    live = new Map();
    running = new Map();
  });

  async function compare(): Promise<readonly string[]> {
    const tokenOf = (id: string) => {
      const token = live.get(id);
      return Promise.resolve(token && { token, runId: 'run', request: undefined });
    };
    const executionOf = (id: string) => {
      const request = running.get(id);
      return Promise.resolve(request && { request, startedAt: NOW });
    };
    await settleAfterCrash({
      ...{ storage, temporal, logger, patienceMs: 0, signal: new AbortController().signal },
      kept: { tokenIds: () => idsOf(live), tokenOf, executionIds: () => idsOf(running), executionOf },
      closeStream: () => Promise.resolve(),
      metrics: unmeasured,
      traces: untraced,
      now: () => NOW,
    });
    return logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  }

  async function store(id: string, version: number): Promise<Token> {
    const token = { ...aToken(aDefinition()), id, version };
    await storage.tokens.record({ token, runId: 'run', events: [], executions: [] });
    return token;
  }

  it('says nothing where nothing was lost', async () => {
    live.set('same', await store('same', 3));
    expect(await compare()).toEqual([]);
  });

  it('says which tokens Temporal has set back, and leaves them', async () => {
    const token = await store('back', 3);
    live.set('back', { ...token, version: 2 });
    expect(await compare()).toEqual([
      expect.stringContaining('token "back" is set back by the crash: storage has changes'),
    ]);
    expect(await storage.tokens.get('back')).toMatchObject({ version: 3 });
  });

  it('ends the tokens that Temporal has lost, and says which', async () => {
    await store('gone', 3);
    expect(await compare()).toEqual([
      expect.stringContaining('token "gone" was lost by the crash: Temporal does not know'),
    ]);
    expect(await storage.tokens.get('gone')).toMatchObject({ status: 'TERMINATED' });
  });

  it('ends none of many where Temporal knows none of them, and says what to check', async () => {
    const ids = Array.from({ length: 10 }, (_, n) => `token-${n}`);
    for (const id of ids) await store(id, 3);
    expect(await compare()).toEqual([expect.stringContaining('TASK_QUEUE_PREFIX')]);
    for (const id of ids) expect(await storage.tokens.get(id)).toMatchObject({ status: 'ACTIVE' });
  });

  it('leaves a token away that was deleted, and says nothing of it', async () => {
    const token = { ...(await store('deleted', 3)), status: 'COMPLETED' } as const;
    await storage.tokens.record({ token: { ...token, version: 4 }, runId: 'run', events: [], executions: [] });
    expect(await storage.tokens.delete('deleted', { runId: 'run', now: NOW })).toBe(true);
    live.set('deleted', token);
    expect(await compare()).toEqual([]);
    expect(await storage.tokens.get('deleted')).toBeUndefined();
  });

  it('brings tokens and executions back that storage has lost, and says which', async () => {
    live.set('lost', { ...aToken(aDefinition()), id: 'lost', version: 4 });
    live.set('behind', { ...(await store('behind', 1)), version: 2 });
    running.set('lost:go:1', { executionId: 'lost:go:1', agentId: 'a', input: {} });
    const said = await compare();
    for (const id of ['lost', 'behind', 'lost:go:1']) expect(said.join('\n')).toContain(`"${id}" was lost`);
    expect(said).toHaveLength(3);
    expect(await storage.tokens.get('lost')).toMatchObject({ version: 4 });
    expect(await storage.tokens.get('behind')).toMatchObject({ version: 2 });
    expect(await storage.executions.get('lost:go:1')).toMatchObject({ status: 'PENDING', agentId: 'a' });
  });
});

async function* idsOf(kept: ReadonlyMap<string, unknown>): AsyncGenerator<string> {
  await Promise.resolve();
  yield* kept.keys();
}
