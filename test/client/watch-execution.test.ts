import { getEventListeners } from 'node:events';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { watchExecution, type StreamEvent, type WatchOptions } from '../../src/client/index.js';
import { chunk, completed, started, TEXT } from '../support/execution-events.js';
import { inNoTime } from '../support/in-no-time.js';
import { neverAnswers, nothingLeft, PlayedFetch, sends } from '../support/played-fetch.js';

type Answers = ConstructorParameters<typeof PlayedFetch>[0];

const HALF = TEXT.slice(0, 7);
const WHOLE = [started(0), chunk(1, HALF), chunk(2, TEXT.slice(7)), completed(3)];

function arrange(answers: Answers, options: Partial<WatchOptions> = {}) {
  const played = new PlayedFetch(answers);
  return { played, watched: watchExecution({ url: 'http://api', executionId: 'e1', fetch: played.fetch, ...options }) };
}

async function eventsOf(watched: AsyncIterable<StreamEvent>): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of watched) events.push(event);
  return events;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a stream with nothing left behind the cursor', () => {
  const shorter = [started(0, 2), chunk(1, TEXT, 2), completed(2, 2)];

  it('is read from its beginning where the end has not come: it was lost, and ended shorter', async () => {
    const { played, watched } = arrange([sends(...WHOLE.slice(0, 3)), nothingLeft, sends(...shorter)]);
    expect(await inNoTime(() => watched.finished())).toEqual(shorter[2]);
    expect(watched.view).toMatchObject({ text: TEXT, status: 'completed' });
    expect(watched.isVerified).toBe(true);
    expect(played.cursors).toEqual([undefined, '2', undefined]);
  });

  it('is asked for from its beginning until something of it has come', async () => {
    const gone = () => Promise.reject(new TypeError('fetch failed'));
    const { played, watched } = arrange([sends(...WHOLE.slice(0, 2)), nothingLeft, gone, sends(...shorter)]);
    expect(await inNoTime(() => eventsOf(watched))).toEqual([...WHOLE.slice(0, 2), ...shorter]);
    expect(played.cursors).toEqual([undefined, '1', undefined, undefined]);
  });

  it("yields nothing where the cursor is the caller's own", async () => {
    const { played, watched } = arrange([nothingLeft], { after: 3 });
    expect(await eventsOf(watched)).toEqual([]);
    expect(played.cursors).toEqual(['3']);
  });

  it('is finished with its end all the same, and shows the answer', async () => {
    const { played, watched } = arrange([nothingLeft, sends(...WHOLE)], { after: 3 });
    expect(await inNoTime(() => watched.finished())).toEqual(WHOLE[3]);
    expect(watched.view).toMatchObject({ text: TEXT, status: 'completed' });
    expect(played.cursors).toEqual(['3', undefined]);
  });

  it('is not asked for again once its end has come', async () => {
    const { played, watched } = arrange([sends(...WHOLE)]);
    await eventsOf(watched);
    expect(await inNoTime(() => watched.finished())).toEqual(WHOLE[3]);
    expect(played.cursors).toHaveLength(1);
  });
});

describe('whether the chunks are the answer', () => {
  it('is unknown where chunks were not wanted', async () => {
    const { watched } = arrange([sends(started(0), completed(3))], { types: ['thinking'] });
    await inNoTime(() => watched.finished());
    expect(watched.isVerified).toBeUndefined();
  });

  it('is unknown behind a cursor in the middle of an attempt', async () => {
    const { watched } = arrange([sends(...WHOLE.slice(2))], { after: 1 });
    await inNoTime(() => watched.finished());
    expect([watched.view.text, watched.isVerified]).toEqual([TEXT, undefined]);
  });

  it('is known behind a cursor once an attempt has begun', async () => {
    const { watched } = arrange([sends(chunk(2, 'x'), started(3, 2), chunk(4, TEXT, 2), completed(5, 2))], {
      after: 1,
    });
    await inNoTime(() => watched.finished());
    expect(watched.isVerified).toBe(true);
  });

  it('is unknown where chunks are of an attempt whose beginning was lost', async () => {
    const { watched } = arrange([sends(started(0), chunk(1, 'x'), chunk(2, HALF, 2), completed(3, 2))]);
    await inNoTime(() => watched.finished());
    expect(watched.isVerified).toBeUndefined();
  });
});

describe('those who listen', () => {
  it('keep nothing from each other or from the watching when one throws, and the platform reports it', async () => {
    const reported: (() => void)[] = [];
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((report) => reported.push(report));
    const { played, watched } = arrange([sends(...WHOLE)]);
    const texts: string[] = [];
    watched.subscribe(() => {
      throw new Error('a defect of the page');
    });
    watched.subscribe(() => texts.push(watched.view.text));
    expect(await eventsOf(watched)).toEqual(WHOLE);
    expect(texts).toEqual(['', HALF, TEXT, TEXT]);
    expect(played.cursors).toHaveLength(1);
    expect(reported).toHaveLength(WHOLE.length);
    expect(reported[0]).toThrow('a defect of the page');
  });
});

describe('an event that only a newer server knows', () => {
  it('is passed on, and changes no text', async () => {
    const unknown = { ...chunk(2, ''), eventType: 'applause' } as unknown as StreamEvent;
    const { watched } = arrange([sends(started(0), chunk(1, TEXT), unknown, completed(3))]);
    expect((await eventsOf(watched))[2]).toEqual(unknown);
    expect(watched.isVerified).toBe(true);
  });
});

describe('coming again', () => {
  it('says why, every time', async () => {
    const hidden = new TypeError('Failed to fetch');
    const busy = { code: 'UNAVAILABLE', message: 'Storage cannot be reached.' };
    const reasons: unknown[] = [];
    const { watched } = arrange(
      [
        () => Promise.reject(hidden),
        () => Response.json({ error: busy }, { status: 503 }),
        sends(...WHOLE.slice(0, 2)),
        sends(...WHOLE.slice(2)),
      ],
      { onReconnect: ({ reason }) => reasons.push(reason) },
    );
    await inNoTime(() => watched.finished());
    expect(reasons).toEqual([hidden, expect.objectContaining(busy), 'the server ended the connection']);
  });

  it('is done from a server that never answers', async () => {
    const { played, watched } = arrange([neverAnswers, sends(...WHOLE)]);
    expect(await inNoTime(() => watched.finished())).toEqual(WHOLE[3]);
    expect(played.cursors).toHaveLength(2);
  });

  it('leaves nothing behind on a signal that lives long', async () => {
    // What it makes of a signal is kept as long as that by some platforms, Node 20 among them.
    const derived = vi.spyOn(AbortSignal, 'any');
    const { signal } = new AbortController();
    const listening: number[] = [];
    const ends = () => {
      listening.push(getEventListeners(signal, 'abort').length);
      return sends()(signal);
    };
    const { watched } = arrange([ends, ends, ends, ends, sends(...WHOLE)], { signal });
    await inNoTime(() => watched.finished());
    expect(listening).toEqual([1, 1, 1, 1]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(derived).not.toHaveBeenCalled();
  });

  it('is ended at once by whoever is told of it, however long the server asks to wait', async () => {
    const controller = new AbortController();
    const reason = new Error('once is enough');
    const busy = () => new Response(null, { status: 503, headers: { 'retry-after': '300' } });
    const { played, watched } = arrange([busy], {
      signal: controller.signal,
      onReconnect: () => {
        controller.abort(reason);
      },
    });
    await expect(watched.finished()).rejects.toBe(reason);
    expect(played.cursors).toHaveLength(1);
  });
});
