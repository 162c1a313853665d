import { createDecipheriv } from 'node:crypto';

import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';

import type { PayloadKey } from '../../src/core/payload-keys.js';
import { PayloadEncryption } from '../../src/temporal/payload-encryption.js';

const key = (id: string, byte: number): PayloadKey => ({ id, bytes: new Uint8Array(32).fill(byte) });
const ONE = key('one', 1);
const TWO = key('two', 2);
const PAYLOAD: Payload = {
  metadata: { encoding: Buffer.from('json/plain'), own: Buffer.from('of the sender') },
  data: Buffer.from('"a document"'),
};

async function encryptedWith(...keys: readonly [PayloadKey, ...PayloadKey[]]): Promise<Payload> {
  const [payload] = await new PayloadEncryption(keys).encode([PAYLOAD]);
  return payload ?? {};
}

async function decryptedWith(keys: readonly [PayloadKey, ...PayloadKey[]], payload: Payload): Promise<Payload> {
  const [decrypted] = await new PayloadEncryption(keys).decode([payload]);
  return decrypted ?? {};
}

const plain = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
  ),
  data: Buffer.from(data ?? []).toString(),
});

describe('encrypted payloads', () => {
  it('come back with their metadata, of which nothing is seen meanwhile', async () => {
    const encrypted = await encryptedWith(ONE);
    expect(plain(encrypted).metadata).toEqual({ encoding: 'binary/encrypted', 'encryption-key-id': 'one' });
    expect(Buffer.from(encrypted.data ?? []).toString('latin1')).not.toMatch(/document|sender|json/);
    expect(plain(await decryptedWith([ONE], encrypted))).toEqual(plain(PAYLOAD));
  });

  it('are encrypted with the first key, and decrypted with that which they name', async () => {
    expect(plain(await encryptedWith(TWO, ONE)).metadata['encryption-key-id']).toBe('two');
    expect(plain(await decryptedWith([TWO, ONE], await encryptedWith(ONE)))).toEqual(plain(PAYLOAD));
  });

  it('have a nonce of their own each', async () => {
    const all = await new PayloadEncryption([ONE]).encode(Array.from({ length: 100 }, () => PAYLOAD));
    expect(new Set(all.map(({ data }) => Buffer.from(data?.slice(0, 12) ?? []).toString('hex'))).size).toBe(100);
  });

  it('have the form that others may write: nonce, ciphertext, tag; encoding and key id authenticated', async () => {
    const data = Buffer.from((await encryptedWith(ONE)).data ?? []);
    const decipher = createDecipheriv('aes-256-gcm', ONE.bytes, data.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from('binary/encrypted\none')).setAuthTag(data.subarray(-16));
    const inside = Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]);
    expect(plain(proto.temporal.api.common.v1.Payload.decode(inside))).toEqual(plain(PAYLOAD));
  });

  it('are about a hundred bytes longer', async () => {
    const { metadata, data } = await encryptedWith(key('k'.repeat(32), 1));
    const size = proto.temporal.api.common.v1.Payload.encode({ metadata: metadata ?? {}, data: data ?? null }).finish()
      .length;
    expect(size - proto.temporal.api.common.v1.Payload.encode(PAYLOAD).finish().length).toBeLessThan(150);
  });

  it.each<[string, (payload: Payload) => Payload]>([
    ['names a key that is not there', (payload) => named(payload, 'three')],
    ['names another key', (payload) => named(payload, 'two')],
    [
      'names none',
      ({ data, metadata }) => ({
        data: data ?? null,
        metadata: { encoding: metadata?.['encoding'] ?? new Uint8Array() },
      }),
    ],
    ['was changed', (payload) => withData(payload, (data) => data.with(20, (data[20] ?? 0) ^ 1))],
    ['lost its end', (payload) => withData(payload, (data) => data.subarray(0, -1))],
    ['is shorter than a tag', (payload) => withData(payload, (data) => data.subarray(0, 20))],
    ['is empty', (payload) => withData(payload, () => new Uint8Array())],
  ])('are told from valid ones where one %s, and an activity is to try again', async (_how, spoil) => {
    const spoilt = spoil(await encryptedWith(ONE));
    const codec = new PayloadEncryption([ONE, TWO]);
    const [decoded = {}] = await codec.decode([spoilt], { type: 'workflow', namespace: 'n', workflowId: 'w' });
    expect(JSON.parse(plain(decoded).data)).toEqual({
      unreadablePayload: expect.stringContaining('cannot be read') as string,
    });
    const inActivity = codec.decode([spoilt], { type: 'activity', namespace: 'n', isLocal: false });
    await expect(inActivity).rejects.toMatchObject({ type: 'PAYLOAD_UNREADABLE', nonRetryable: false });
  });

  it('are told from those that nobody encrypted, which stay as they are', async () => {
    expect(await decryptedWith([ONE], PAYLOAD)).toBe(PAYLOAD);
  });
});

function named(payload: Payload, id: string): Payload {
  return { ...payload, metadata: { ...payload.metadata, 'encryption-key-id': Buffer.from(id) } };
}

function withData(payload: Payload, change: (data: Uint8Array) => Uint8Array): Payload {
  return { ...payload, data: change(Uint8Array.from(payload.data ?? [])) };
}
