import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AuditTrail } from '../../src/audit/audit-trail.js';
import type { AuditEntry } from '../../src/core/audit/audit-entry.js';
import { anAuditEntry } from '../support/audited.js';
import { MemoryLogger } from '../support/memory-logger.js';

let stored: AuditEntry[];
let isAway: boolean;
let statements: number;
let logger: MemoryLogger;
let trail: AuditTrail;

beforeEach(() => {
  vi.useFakeTimers();
  [stored, isAway, statements, logger] = [[], false, 0, new MemoryLogger()];
  const tell = async (entries: readonly AuditEntry[]) => {
    statements += 1;
    await Promise.resolve();
    if (isAway) throw new Error('storage is away');
    stored.push(...entries);
  };
  const chain = { wake: () => undefined, catchUp: () => Promise.resolve() };
  trail = new AuditTrail({ store: { tell }, logger, chain, mask: (text) => text.replaceAll('planted', '***') });
});
afterEach(() => {
  vi.useRealTimers();
});

const subjects = () => stored.map(({ subject }) => subject);

describe('what is told to the audit', () => {
  it('is stored when the telling is over, and what comes at once goes together, in order', async () => {
    const all = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(all.map((subject) => trail.tell(anAuditEntry({ subject }))));
    expect(subjects()).toEqual(all);
    expect(statements).toBeLessThan(5);
    await trail.tell(anAuditEntry({ subject: 'later' }));
    expect(subjects().at(-1)).toBe('later');
  });

  it('is kept and said loudly while storage takes nothing, and stored in its order when it does again', async () => {
    isAway = true;
    await trail.tell(anAuditEntry({ subject: 'first' }));
    await trail.tell(anAuditEntry({ subject: 'second' }));
    expect(stored).toEqual([]);
    expect(logger.lines.some(({ message }) => message.includes('cannot be stored'))).toBe(true);
    isAway = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(subjects()).toEqual(['first', 'second']);
  });

  it('is as much as memory bears: then nothing should be done any more', async () => {
    isAway = true;
    for (let index = 0; index < 10_000; index += 1) void trail.tell(anAuditEntry());
    await vi.advanceTimersByTimeAsync(0);
    expect(trail.isFull).toBe(true);
    isAway = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(trail.isFull).toBe(false);
    expect(stored).toHaveLength(10_000);
  });

  it('keeps nobody waiting for what is told behind it', async () => {
    const first = trail.tell(anAuditEntry({ subject: 'first' }));
    const done: number[] = [];
    void first.then(() => done.push(statements));
    for (let later = 0; later < 10; later += 1) {
      void trail.tell(anAuditEntry({ subject: `later ${later}` }));
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(done[0]).toBeLessThan(3);
  });

  it('says once that it cannot be stored, and again when it could meanwhile', async () => {
    const complaints = () => logger.lines.filter(({ message }) => message.includes('cannot be stored')).length;
    isAway = true;
    await trail.tell(anAuditEntry());
    await trail.tell(anAuditEntry());
    await vi.advanceTimersByTimeAsync(5000);
    expect(complaints()).toBe(1);
    isAway = false;
    await vi.advanceTimersByTimeAsync(1000);
    isAway = true;
    await trail.tell(anAuditEntry());
    expect(complaints()).toBe(2);
  });

  it('shows no secret, and no name that no index takes', async () => {
    await trail.tell(anAuditEntry({ subject: 'planted', actor: `planted ${'語'.repeat(5000)}` }));
    expect(stored[0]?.subject).toBe('***');
    expect(stored[0]?.actor).toMatch(/^\*\*\* 語{195}…$/);
  });

  it('is joined where it may come without end: the first at once, the others counted after a minute', async () => {
    const wrong = (address: string) => anAuditEntry({ action: 'authenticate', outcome: 'refused', address });
    for (let time = 0; time < 1000; time += 1) trail.tellJoined(wrong('10.0.0.1'));
    trail.tellJoined(wrong('10.0.0.2'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stored.map(({ address, count }) => [address, count])).toEqual([
      ['10.0.0.1', undefined],
      ['10.0.0.2', undefined],
      ['10.0.0.1', 999],
    ]);
  });

  it('is joined across addresses where these are without end, and pushes nobody else aside', async () => {
    const entry = { action: 'authenticate', actor: 'anonymous', outcome: 'refused' } as const;
    for (let host = 0; host < 100_000; host += 1) {
      trail.tellJoined(anAuditEntry({ ...entry, address: `2001:db8::${host.toString(16)}` }));
    }
    trail.tellJoined(anAuditEntry({ actor: 'somebody', subject: 'what they wanted', outcome: 'refused' }));
    await trail.end();
    expect(stored).toHaveLength(23);
    expect(stored.at(-2)).toMatchObject({ actor: 'somebody', subject: 'what they wanted' });
    expect(stored.at(-1)).toMatchObject({ actor: 'anonymous', count: 99_979 });
    expect(stored.at(-1)).not.toHaveProperty('address');
  });

  it('is joined across actors where these are without end', async () => {
    for (let one = 0; one < 10_000; one += 1) trail.tellJoined(anAuditEntry({ actor: `subject ${one}` }));
    await trail.end();
    expect(stored).toHaveLength(102);
    expect(stored.at(-1)).toMatchObject({ actor: 'several', count: 9_899 });
  });

  it('is stored before the process ends', async () => {
    isAway = true;
    await trail.tell(anAuditEntry({ subject: 'at the end' }));
    isAway = false;
    await trail.end();
    expect(subjects()).toEqual(['at the end']);
  });
});
