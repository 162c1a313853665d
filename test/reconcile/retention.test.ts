import { beforeEach, describe, expect, it } from 'vitest';

import type { AgentExecution } from '../../src/core/executions/execution.js';
import type { Token } from '../../src/core/tokens/token.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { Retention, type RetentionTimes } from '../../src/reconcile/retention.js';
import { RetryLater } from '../../src/reconcile/retry-later.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { anExecution } from '../storage/contract/execution-store.js';
import { aDefinition, aToken } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';

const DAY = 86_400_000;
const TODAY = '2027-06-30T00:00:00.000Z';
const daysAgo = (days: number) => new Date(Date.parse(TODAY) - days * DAY).toISOString();
const TEN_DAYS: RetentionTimes = { tokens: 10 * DAY, executions: 10 * DAY, conversations: 10 * DAY };

describe('retention', () => {
  let storage: Storage;
  let logger: MemoryLogger;
  let removed: string[];
  let closed: string[];
  let failed: string[];
  let remove: (ids: readonly string[]) => Promise<void>;

  beforeEach(async () => {
    logger = new MemoryLogger();
    ({ storage } = await openStorage('memory:', { logger }));
    [removed, closed, failed] = [[], [], []];
    remove = (ids) => {
      removed.push(...ids);
      return Promise.resolve();
    };
  });

  function retention(times: RetentionTimes, now = TODAY) {
    const closeStream = async ({ id }: AgentExecution) => {
      closed.push(id);
      await storage.executions.update(id, { lastSequence: 1 });
    };
    const removeStreams = (ids: readonly string[]) => remove(ids);
    const parts = { storage, closeStream, removeStreams, retention: times, now: () => now, logger };
    const later = new RetryLater({ now: () => now, onFirstFailure: (id) => failed.push(id) });
    const one = new Retention(parts);
    return () => one.round(later);
  }

  async function aTokenWith(id: string, fields: Partial<Token> = {}, executions: Partial<AgentExecution> = {}) {
    const token = aToken(aDefinition(), { id, status: 'COMPLETED', updatedAt: daysAgo(11), ...fields });
    const own = anExecution({ id: `${id}:review:1`, tokenId: id, createdAt: daysAgo(12), ...executions });
    const events = [{ type: 'CREATED', version: 1, place: 'submitted', timestamp: TODAY, number: 1 }] as const;
    await storage.tokens.record({ token, runId: 'run', events, executions: [own] });
    await talk(own.id, daysAgo(12));
    return own.id;
  }

  async function end(id: string, days = 11): Promise<void> {
    await storage.executions.update(id, { status: 'COMPLETED', completedAt: daysAgo(days) });
  }

  async function talk(id: string, timestamp: string): Promise<void> {
    await storage.conversations.create({ id, agentId: 'a', createdAt: daysAgo(12) });
    await storage.conversations.append(id, 0, [{ role: 'user', content: 'said', timestamp }]);
  }

  async function there(ids: readonly string[]): Promise<readonly string[]> {
    const kinds = await Promise.all(
      ids.map((id) => Promise.all([storage.tokens.get(id), storage.executions.get(id), storage.conversations.get(id)])),
    );
    return ids.flatMap((id, index) =>
      (kinds[index] ?? []).flatMap((one, kind) => (one === undefined ? [] : `${'TEC'.charAt(kind)} ${id}`)),
    );
  }

  it('removes a token whose time is over, with its executions, their streams and conversations, and says so', async () => {
    const own = await aTokenWith('old');
    await end(own);
    await retention(TEN_DAYS)();
    expect(await there(['old', own])).toEqual([]);
    expect([closed, removed]).toEqual([[own], [own]]);
    expect(logger.lines).toMatchObject([{ level: 'info', facts: { tokens: 1, executions: 1, conversations: 1 } }]);
  });

  it('removes nothing, and says nothing, where nothing is said', async () => {
    await end(await aTokenWith('old'));
    await storage.executions.create(anExecution({ id: 'alone', createdAt: daysAgo(12) }));
    await end('alone');
    await retention({})();
    expect(await there(['old', 'old:review:1', 'alone'])).toHaveLength(4);
    expect(logger.lines).toEqual([]);
  });

  it('keeps a token that is young, that lives, or of which an execution lives', async () => {
    const young = await aTokenWith('young', { updatedAt: daysAgo(9) });
    const lives = await aTokenWith('lives', { status: 'ACTIVE' });
    const works = await aTokenWith('works');
    for (const id of [young, lives]) await end(id);
    await storage.executions.create(anExecution({ id: 'works:review:2', tokenId: 'works', createdAt: daysAgo(12) }));
    await end('works:review:2');
    await retention(TEN_DAYS)();
    const ids = ['young', young, 'lives', lives, 'works', works, 'works:review:2'];
    expect(await there(ids)).toHaveLength(10);
    await end(works);
    await retention(TEN_DAYS)();
    expect(await there(ids)).toHaveLength(6);
  });

  it('removes executions without a token by their end, and none of a token that is kept', async () => {
    await end(await aTokenWith('kept', { updatedAt: daysAgo(1) }));
    for (const [id, days] of [
      ['past', 11],
      ['recent', 9],
    ] as const) {
      await storage.executions.create(anExecution({ id, createdAt: daysAgo(12) }));
      await end(id, days);
    }
    await storage.executions.create(anExecution({ id: 'running', createdAt: daysAgo(12) }));
    await retention(TEN_DAYS)();
    expect(await there(['past', 'recent', 'running', 'kept:review:1'])).toEqual([
      'E recent',
      'E running',
      'E kept:review:1',
      'C kept:review:1',
    ]);
  });

  it('keeps conversations without a time of their own, those that are had, and those that were used since', async () => {
    const [one, had, used] = [await aTokenWith('one'), await aTokenWith('two'), await aTokenWith('three')];
    for (const id of [one, had, used]) await end(id);
    await storage.executions.create(anExecution({ id: 'goes-on', conversationId: had, createdAt: TODAY }));
    await storage.conversations.append(used, 1, [{ role: 'user', content: 'again', timestamp: daysAgo(9) }]);
    await retention({ tokens: 10 * DAY })();
    expect(await there([one, had, used])).toEqual([`C ${one}`, `C ${had}`, `C ${used}`]);
    await retention(TEN_DAYS)();
    expect(await there([one, had, used])).toEqual([`C ${had}`, `C ${used}`]);
  });

  it('removes the rest also where one cannot be, comes back to that one, and waits while a backend is away', async () => {
    for (const id of ['bad', 'good']) await end(await aTokenWith(id));
    remove = (ids) => (ids.includes('bad:review:1') ? Promise.reject(new Error('not this one')) : Promise.resolve());
    await retention(TEN_DAYS)();
    expect(failed).toEqual(['token bad']);
    expect(await there(['bad', 'good'])).toEqual(['T bad']);
    remove = () => Promise.reject(new CircuitBreakerError('UNAVAILABLE', 'away'));
    await expect(retention(TEN_DAYS)()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    remove = () => Promise.resolve();
    await retention(TEN_DAYS)();
    expect(await there(['bad', 'bad:review:1'])).toEqual([]);
  });

  it('goes on where the round before stopped, past what cannot go yet', async () => {
    const count = 1100;
    for (let index = 0; index < count; index += 1) await aTokenWith(`works-${index}`, { updatedAt: daysAgo(20) });
    await end(await aTokenWith('behind'));
    const round = retention(TEN_DAYS);
    await round();
    expect(await there(['behind'])).toEqual(['T behind']);
    await round();
    expect(await there(['behind'])).toEqual([]);
    expect((await storage.tokens.list({}, { first: 200 })).hasNextPage).toBe(true);
  });

  it('removes a day later what was written late of what it had removed, and nothing of what has begun anew', async () => {
    const own = await aTokenWith('old');
    const again = await aTokenWith('again');
    for (const id of [own, again]) await end(id);
    await retention(TEN_DAYS)();
    await storage.executions.storeTurn(own, 1, { result: 'late' });
    const begun = anExecution({ id: again, tokenId: 'again' });
    const token = aToken(aDefinition(), { id: 'again' });
    await storage.tokens.record({ token, runId: 'anew', events: [], executions: [begun] }, 'run');
    await storage.executions.storeTurn(again, 1, { result: 'anew' });
    removed = [];
    const tomorrow = new Date(Date.parse(TODAY) + DAY + 1).toISOString();
    await retention(TEN_DAYS, tomorrow)();
    expect(removed).toEqual([own]);
    expect(await storage.executions.getTurn(own, 1)).toBeUndefined();
    expect(await storage.executions.getTurn(again, 1)).toBe('anew');
    expect(await storage.executions.listDeleted('9', 10)).toEqual([]);
    expect(await storage.tokens.deletedRunOf('old')).toBeUndefined();
  });
});
