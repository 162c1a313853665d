import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { StreamLog, StreamWake } from '../../../src/streams/stream-log.js';
import type { AnswerStream } from '../../../src/streams/writing/answer-stream.js';
import { openAnswerStream } from '../../../src/streams/writing/gathered-answer.js';
import { finishStream } from '../../../src/streams/writing/finish-stream.js';
import { eventually } from '../../support/eventually.js';
import { aClaim, anEnding, anExecution, chunk, outline, readEvents, viewedText } from './stream-backend.js';

/** A server that one test has for itself, to be hurt. */
export interface FaultyServer {
  /** A log of its own, as another process would have it. */
  openLog(): Promise<StreamLog>;
  /** Breaks the connections that are there. New ones are taken. */
  cut(): Promise<void>;
  /** Breaks all connections, and takes none until it starts again. */
  kill(): Promise<void>;
  /** Of a server that was killed: takes what it had stored. */
  forget(): Promise<void>;
  startAgain(): Promise<void>;
  /** Keeps its connections and answers nobody, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): void;
  stop(): Promise<void>;
}

const ANSWERS = 10;
/** So many pieces are written of each answer, and more where no writer has noticed anything by then. */
const PIECES = 300;
const MOST_PIECES = 5000;
const PIECE_MS = 3;

interface Fault {
  /** Before the next piece is written. */
  readonly at: (piece: number, server: FaultyServer) => Promise<void>;
  /** So many times, at least, a writer is told that it has to wait. */
  readonly delays: number;
}

const FAULTS: readonly (readonly [string, Fault])[] = [
  [
    'connections are cut again and again',
    {
      at: async (piece, server) => {
        if (piece % 20 === 10) await server.cut();
      },
      // A cut may fall between two appends of an answer, and then its writer does not notice it.
      delays: 1,
    },
  ],
  [
    'the server is killed, and starts again',
    {
      at: async (piece, server) => {
        if (piece === 100) await server.kill();
        if (piece === 200) await server.startAgain();
      },
      delays: ANSWERS,
    },
  ],
  [
    'the server is killed, forgets everything, and starts again',
    {
      at: async (piece, server) => {
        if (piece === 100) await server.kill();
        if (piece !== 200) return;
        await server.forget();
        await server.startAgain();
      },
      delays: ANSWERS,
    },
  ],
];

/** What a log does while its server fails, and afterwards. */
export function streamFaultContract(name: string, start: () => Promise<FaultyServer>): void {
  describe(`the stream log on a ${name} that fails`, () => {
    let server: FaultyServer;
    const logs: StreamLog[] = [];

    async function openLog(): Promise<StreamLog> {
      const log = await server.openLog();
      logs.push(log);
      return log;
    }

    beforeEach(async () => {
      server = await start();
    });
    afterEach(async () => {
      await Promise.all(logs.splice(0).map((log) => log.shutdown()));
      await server.stop();
    });

    it.each(FAULTS)('has the whole text in the end when %s', { tags: 'stream-away' }, async (_what, { at, delays }) => {
      const log = await openLog();
      const ids = Array.from({ length: ANSWERS }, anExecution);
      const noticed: unknown[] = [];
      const answers = ids.map((id) => answerOn(log, id, (error) => noticed.push(error)));
      let text = '';
      for (let n = 0; n < PIECES || (noticed.length === 0 && n < MOST_PIECES); n += 1) {
        text += `${n} `;
        for (const answer of answers) answer.write(`${n} `);
        await at(n, server);
        await delay(PIECE_MS);
      }
      await eventually(async () => {
        for (const id of ids) expect(viewedText(await readEvents(log, id))).toBe(text);
      });
      await Promise.all(answers.map((answer) => answer.end()));
      expect(noticed.length).toBeGreaterThanOrEqual(delays);
      for (const id of ids) {
        await finishStream(log, id, anEnding());
        const sequences = (await readEvents(log, id)).map(({ sequence }) => sequence);
        expect(sequences).toEqual(sequences.map((_, index) => index));
      }
    });

    it(
      'fences a writer that the server forgot, when a later one has begun anew',
      { tags: 'stream-forgot' },
      async () => {
        const executionId = anExecution();
        const old = await (await openLog()).open(executionId, aClaim({ epoch: 1 }));
        await old.append([chunk('old')]);
        await server.kill();
        await expect(old.append([chunk('lost')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        await server.forget();
        await server.startAgain();
        const other = await openLog();
        await (await other.open(executionId, aClaim({ epoch: 2 }))).append([chunk('new')]);
        await eventually(() => expect(old.append([chunk('late')])).rejects.toMatchObject({ name: 'StreamFenced' }));
        expect(outline(await readEvents(other, executionId))).toEqual([
          '0 1/1 attempt_started',
          '1 1/1 content_chunk new',
        ]);
      },
    );

    it(
      'tells its callers that a frozen server is away, and goes on when that wakes',
      { tags: 'stream-frozen' },
      async () => {
        const log = await openLog();
        const executionId = anExecution();
        const writer = await log.open(executionId, aClaim());
        await server.freeze();
        await expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        await expect(readEvents(log, executionId)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        server.thaw();
        // The frozen server had the append in its hands: that it is repeated changes nothing.
        await eventually(() => writer.append([chunk('a')]));
        await writer.append([chunk('b')]);
        const texts = ['1 1/1 content_chunk a', '2 1/1 content_chunk b'];
        expect(outline(await readEvents(log, executionId)).slice(1)).toEqual(texts);
      },
    );

    it.each([
      ['connections were cut', (hurt: FaultyServer) => hurt.cut()],
      ['the server was killed', (hurt: FaultyServer) => hurt.kill().then(() => hurt.startAgain())],
    ])('tells all watchers to look again after %s, and wakes them as before', async (_what, happen) => {
      const log = await openLog();
      const watched = Array.from({ length: 2 }, anExecution).map((id) => ({ id, wakes: [] as StreamWake[] }));
      for (const { id, wakes } of watched) log.watch(id, (wake) => wakes.push(wake));
      await eventually(() => {
        expect(watched.map(({ wakes }) => wakes.length)).toEqual([1, 1]);
      });
      await happen(server);
      await eventually(() => {
        for (const { wakes } of watched) expect(wakes.length).toBeGreaterThan(1);
      });
      expect(watched.flatMap(({ wakes }) => wakes.map(({ kind }) => kind))).not.toContain('entry');
      await eventually(async () => {
        for (const { id, wakes } of watched) {
          await log.close(id, anEnding());
          expect(wakes.at(-1)?.kind).toBe('entry');
        }
      });
    });
  });
}

function answerOn(log: StreamLog, executionId: string, onDelay: (error: unknown) => void): AnswerStream {
  const onFenced = (error: unknown) => {
    throw error;
  };
  return openAnswerStream(log, executionId, { claim: aClaim(), onFenced, onDelay });
}
