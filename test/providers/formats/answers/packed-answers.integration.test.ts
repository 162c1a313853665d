import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CHAT, WIRES } from '../contract/wire-under-test.js';
import { playedAnswers } from './played-answers.js';

const PACKINGS: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['gzip', gzipSync],
  ['X-GZIP', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['gzip, br', (bytes) => brotliCompressSync(gzipSync(bytes))],
  ['identity', (bytes) => bytes],
];

const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, part) => bytes.subarray(part * size, (part + 1) * size));

describe.each(Object.values(WIRES))('an answer of $name that comes packed', (wire) => {
  const ask = playedAnswers();
  const whole = Buffer.from(wire.text('Größe: ') + wire.text('🙂') + wire.finish('stop'));

  it.each(PACKINGS)('is asked for unpacked, and read as %s all the same (%#)', async (coding, pack) => {
    const { text, headers } = await ask(wire, {
      headers: { 'content-encoding': coding },
      body: inPieces(pack(whole), 7),
    });
    expect(text).toBe('Größe: 🙂');
    expect(headers[0]?.['accept-encoding']).toBe('identity');
  });

  it('is as whole as what it holds, wherever its packing ends', async () => {
    const half = gzipSync(Buffer.from(wire.text('The beginning')));
    const cut = await ask(wire, { headers: { 'content-encoding': 'gzip' }, body: half });
    expect(cut.error?.code).toBe('incomplete_stream');
    const broken = await ask(wire, { headers: { 'content-encoding': 'gzip' }, body: whole });
    expect(broken.error).toMatchObject({
      code: 'incomplete_stream',
      message: expect.stringContaining('packed') as string,
    });
  });

  it('in a way that nobody knows is told as such', async () => {
    const { error } = await ask(wire, { headers: { 'content-encoding': 'dcb' }, body: whole });
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('"dcb"') as string });
  });
});

describe('an error that comes packed', () => {
  const ask = playedAnswers();
  const body = gzipSync(JSON.stringify({ error: { message: 'Slow down, please.' } }));

  it('is told in its words', async () => {
    const { error } = await ask(CHAT, { status: 429, headers: { 'content-encoding': 'gzip' }, body });
    expect(error).toMatchObject({
      code: 'rate_limit',
      message: expect.stringContaining('Slow down, please.') as string,
    });
  });

  it('keeps what its status says where it cannot be read', async () => {
    const { error } = await ask(CHAT, { status: 429, headers: { 'content-encoding': 'dcb' }, body });
    expect(error?.code).toBe('rate_limit');
  });
});
