import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openStorage } from '../../src/storage/open-storage.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { aClaim, anExecution, chunk, outline, readEvents } from './contract/stream-backend.js';

describe('a stream log in a PGlite folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streams-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('of its own keeps its entries and goes on after a restart', async () => {
    const url = `pglite:${join(folder, 'streams')}`;
    const executionId = anExecution();
    const before = await openStreamLog(url);
    await (await before.open(executionId, aClaim())).append([chunk('a')]);
    await before.shutdown();
    await before.shutdown();
    const after = await openStreamLog(url);
    await after.open(executionId, aClaim({ epoch: 2000 }));
    const expected = ['0 1/1 attempt_started', '1 1/1 content_chunk a', '2 1/2 attempt_started'];
    expect(outline(await readEvents(after, executionId))).toEqual(expected);
    await after.shutdown();
  });

  it('that it shares with storage leaves the connection to storage', async () => {
    const url = `pglite:${join(folder, 'storage')}`;
    const opened = await openStorage(url, { logger: new MemoryLogger() });
    const log = await openStreamLog(url, opened);
    await log.open(anExecution(), aClaim());
    await log.shutdown();
    await opened.storage.ping();
    await opened.storage.close();
  });
});
