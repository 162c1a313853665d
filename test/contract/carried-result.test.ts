import { describe, expect, it } from 'vitest';

import { carriedResult, wholeResult } from '../../src/contract/carried-result.js';
import { unreadablePayload } from '../../src/contract/unreadable-payload.js';
import { aResult } from '../support/builders.js';

function structured(length: number) {
  const output = { list: Array.from({ length: length / 20 }, (_, index) => `"${index}" is one`) };
  const response = JSON.stringify(output);
  return { output, result: aResult({ response, outputAt: { start: 0, end: response.length } }) };
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe('the result of an execution', () => {
  it('has its output by itself, as long as Temporal takes both', () => {
    const { result, output } = structured(400_000);
    expect(carriedResult(result)).toMatchObject({ response: result.response, output });
    expect(carriedResult(result)).not.toHaveProperty('outputAt');
  });

  it('says where its text has an output that would not fit beside it, and is whole again where it arrives', () => {
    const { result, output } = structured(900_000);
    const carried = carriedResult(result);
    expect(carried).not.toHaveProperty('output');
    expect(bytesOf(carried)).toBeLessThan(2 * 1024 * 1024 - 100_000);
    expect(wholeResult(carried)).toEqual({ ...aResult({ response: result.response }), output });
  });

  it('fails with a code where it could not be decrypted', () => {
    const unreadable = unreadablePayload('no such key') as unknown as Parameters<typeof wholeResult>[0];
    expect(() => wholeResult(unreadable)).toThrow(
      expect.objectContaining({ type: 'PAYLOAD_UNREADABLE', message: 'no such key' }) as Error,
    );
  });

  it('is as it is where there is none, and where it is an earlier version’s', () => {
    expect(wholeResult(carriedResult(aResult()))).toEqual(aResult());
    const earlier = aResult({ output: { a: 1 } });
    expect(wholeResult(earlier)).toEqual(earlier);
  });
});
