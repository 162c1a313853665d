import { describe, expect, it } from 'vitest';
import { readEventData } from '../../../src/providers/connection/event-stream.js';
import { LARGEST_FRAME } from '../../../src/providers/connection/largest-frame.js';

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(pieces: readonly Uint8Array[]): Promise<readonly string[]> {
  const data: string[] = [];
  for await (const items of readEventData(pieces)) data.push(...items);
  return data;
}

describe('readEventData', () => {
  it('reads the same events however the bytes are cut, within characters too', async () => {
    const whole = bytes('data: {"a":"Größe 🙂"}\r\n\r\n: comment\n\nevent: x\ndata: one\ndata: two\n\n');
    const oneByOne = Array.from(whole, (byte) => Uint8Array.of(byte));
    expect(await read([whole])).toEqual(['{"a":"Größe 🙂"}', 'one\ntwo']);
    expect(await read(oneByOne)).toEqual(await read([whole]));
  });

  it('passes on an event that the end cut off, so that it can be seen to be broken', async () => {
    expect(await read([bytes('data: {"a":1}\n\ndata: {"b')])).toEqual(['{"a":1}', '{"b']);
  });

  it('stops at a line without an end, long before the whole of it is in memory', async () => {
    const part = bytes('x'.repeat(64 * 1024));
    let taken = 0;
    function* endless() {
      yield bytes('data: ');
      for (;;) {
        taken += part.length;
        yield part;
      }
    }
    const reading = async () => {
      for await (const data of readEventData(endless())) expect(data).toEqual([]);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'incomplete_stream' });
    expect(taken).toBeLessThan(LARGEST_FRAME + 2 * part.length);
  });
});

describe('what is no event of a stream', () => {
  const frames = async (text: string) => (await read([bytes(text)])).map((frame) => frame.replaceAll(/\s/g, ''));

  it('is passed on when it is an error: in a field, in an event of that name, or between the events', async () => {
    const error = '{"error":{"code":503}}';
    expect(await frames('error: {"code":503}\n\n')).toEqual([error]);
    expect(await frames('event: error\ndata: {"code":503}\n\n')).toEqual([error]);
    expect(await frames('event: error\ndata: it broke\n\n')).toEqual(['{"error":"itbroke"}']);
    expect(await frames('data: 1\n\n{\n  "error": {\n    "code": 503\n  }\n}\ndata: 2\n\n')).toEqual(['1', error, '2']);
    expect(await frames(error)).toEqual([error]);
  });

  it('is passed over when it is a field that nobody knows or a word, and passed on when it is a piece of an event', async () => {
    expect(await frames('x-cost: {"usd":1}\nretry: 7\nping\nid\n\ndata: 1\n\n')).toEqual(['1']);
    expect(await frames('ta: {"a":1}\n\ndata: 1\n\n')).toEqual(['ta:{"a":1}', '1']);
    expect(await frames('lo"},"index":0}]}\n\ndata: 1\n\n')).toEqual(['lo"},"index":0}]}', '1']);
  });

  it('is bounded', async () => {
    const part = bytes(`{\n${'[\n'.repeat(32 * 1024)}`);
    function* endless() {
      for (;;) yield part;
    }
    const reading = async () => {
      for await (const data of readEventData(endless())) expect(data).toEqual([]);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'incomplete_stream' });
  });
});
