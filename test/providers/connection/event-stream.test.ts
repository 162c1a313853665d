import { describe, expect, it } from 'vitest';
import { LARGEST_FRAME, readEventData } from '../../../src/providers/connection/event-stream.js';

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
