import { afterEach, describe, expect, it, vi } from 'vitest';

import { openAnswerStream } from '../../../src/streams/writing/gathered-answer.js';
import { finishStream } from '../../../src/streams/writing/finish-stream.js';
import { openStreamLog } from '../../../src/streams/open-stream-log.js';
import type { StreamLog, StreamWake } from '../../../src/streams/stream-log.js';
import { canTestNats } from '../../support/nats.js';
import { NatsServer } from '../../support/nats-server.js';
import { aClaim, anEnding, anExecution, chunk, outline, readEvents, viewedText } from '../contract/stream-backend.js';

describe.skipIf(!(await canTestNats()))('the stream log on a NATS that fails', () => {
  let server: NatsServer | undefined;
  const logs: StreamLog[] = [];

  afterEach(async () => {
    await Promise.all(logs.splice(0).map((log) => log.shutdown()));
    await server?.stop();
    server = undefined;
  });

  async function started(): Promise<{ server: NatsServer; log: StreamLog }> {
    server = await NatsServer.start();
    const log = await openStreamLog(server.url);
    logs.push(log);
    return { server, log };
  }

  it.each([
    ['keeps its data', true],
    ['forgets everything', false],
  ])('has the whole text in the end when the server is killed, starts again and %s', async (_how, keepsData) => {
    const { server, log } = await started();
    const executions = Array.from({ length: 10 }, anExecution);
    const delays: unknown[] = [];
    const answers = executions.map((executionId) =>
      openAnswerStream(log, executionId, {
        claim: aClaim(),
        onFenced: (error) => {
          throw error;
        },
        onDelay: (error) => delays.push(error),
      }),
    );
    for (let n = 0; n < 300; n += 1) {
      for (const answer of answers) answer.write(`${n} `);
      if (n === 100) await server.kill();
      if (n === 200 && !keepsData) await server.forget();
      if (n === 200) await server.startAgain();
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const text = Array.from({ length: 300 }, (_, n) => `${n} `).join('');
    await vi.waitFor(
      async () => {
        for (const executionId of executions) expect(viewedText(await readEvents(log, executionId))).toBe(text);
      },
      { timeout: 10_000, interval: 100 },
    );
    await Promise.all(answers.map((answer) => answer.end()));
    expect(delays.length).toBeGreaterThanOrEqual(10);
    const body = { eventType: 'failed', error: 'Enough.', errorCode: 'cancelled', status: 'cancelled' } as const;
    for (const executionId of executions) {
      await finishStream(log, executionId, { turn: 1, body });
      const events = await readEvents(log, executionId);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    }
  });

  it('fences a writer that the server forgot, when a later one has begun anew', async () => {
    const { server, log } = await started();
    const executionId = anExecution();
    const old = await log.open(executionId, aClaim({ epoch: 1 }));
    await old.append([chunk('old')]);
    await server.kill();
    await server.forget();
    await expect(old.append([chunk('lost')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await server.startAgain();
    const other = await openStreamLog(server.url);
    logs.push(other);
    await (await other.open(executionId, aClaim({ epoch: 2 }))).append([chunk('new')]);
    await vi.waitFor(() => expect(old.append([chunk('late')])).rejects.toMatchObject({ name: 'StreamFenced' }));
    expect(outline(await readEvents(other, executionId))).toEqual(['0 1/1 attempt_started', '1 1/1 content_chunk new']);
  });

  it('tells its callers that a frozen server is away, and goes on when that wakes', async () => {
    const { server, log } = await started();
    const executionId = anExecution();
    const writer = await log.open(executionId, aClaim());
    await server.freeze();
    await expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    server.thaw();
    // The frozen server had the append in its hands: that it is repeated changes nothing.
    await vi.waitFor(() => writer.append([chunk('a')]), { timeout: 10_000 });
    await writer.append([chunk('b')]);
    expect(outline(await readEvents(log, executionId)).slice(1)).toEqual([
      '1 1/1 content_chunk a',
      '2 1/1 content_chunk b',
    ]);
  });

  it('tells all watchers to look again after the server was killed, and wakes them as before', async () => {
    const { server, log } = await started();
    const [one, other] = [anExecution(), anExecution()];
    const wakes: Record<string, StreamWake[]> = { [one]: [], [other]: [] };
    for (const id of [one, other]) log.watch(id, (wake) => wakes[id]?.push(wake));
    await vi.waitFor(() => {
      expect(Object.values(wakes).map((list) => list.length)).toEqual([1, 1]);
    });
    await server.kill();
    await server.startAgain();
    await vi.waitFor(
      () => {
        for (const list of Object.values(wakes)) expect(list.length).toBeGreaterThan(1);
      },
      { timeout: 5000 },
    );
    expect(
      Object.values(wakes)
        .flat()
        .map(({ kind }) => kind),
    ).not.toContain('entry');
    await vi.waitFor(async () => {
      await log.close(one, anEnding());
      expect(wakes[one]?.at(-1)?.kind).toBe('entry');
    });
  });
});

describe('a stream log on NATS', () => {
  it('says where it looked for a server that is not there, without the password', async () => {
    const opening = openStreamLog('nats://user:secret@127.0.0.1:1/streams');
    await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(opening).rejects.toThrow(/NATS at 127\.0\.0\.1:1 /);
    await expect(opening).rejects.not.toThrow(/secret/);
  });
});
