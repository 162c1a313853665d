import { describe, expect, it } from 'vitest';

import { parsePayloadKeys, secretsInPayloadKeys } from '../../src/core/payload-keys.js';

const BASE64 = Buffer.alloc(32, 0xfb).toString('base64');

describe('keys for payloads', () => {
  it('are read in their order, in both alphabets of base64, with and without padding', () => {
    const url = Buffer.alloc(32, 0xfb).toString('base64url');
    const keys = parsePayloadKeys([`2026-11:${BASE64}`, `old.one:${url}`]);
    expect(keys?.map(({ id }) => id)).toEqual(['2026-11', 'old.one']);
    for (const { bytes } of keys ?? []) expect([...bytes]).toEqual(Array.from({ length: 32 }, () => 0xfb));
  });

  it.each([
    ['without an id', [BASE64]],
    ['with an empty id', [`:${BASE64}`]],
    ['with an id of other characters', [`a b:${BASE64}`]],
    ['with an id that is too long', [`${'k'.repeat(33)}:${BASE64}`]],
    ['of 31 bytes', [`k:${Buffer.alloc(31).toString('base64')}`]],
    ['of 33 bytes', [`k:${Buffer.alloc(33).toString('base64')}`]],
    ['in hexadecimal', [`k:${Buffer.alloc(32).toString('hex')}`]],
    ['of which two have one id', [`k:${BASE64}`, `k:${BASE64}`]],
    ['of which one is none', [`k:${BASE64}`, 'l:']],
  ])('are none: %s', (_how, listed) => {
    expect(parsePayloadKeys(listed)).toBeUndefined();
  });

  it('are secret but for their ids', () => {
    expect(secretsInPayloadKeys([`k:${BASE64}`, 'no-key'])).toEqual([BASE64, 'no-key']);
  });
});
