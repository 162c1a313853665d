import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { payloadConverter } from '../../src/workflows/payload-converter.js';
import { isUnreadable } from '../../src/contract/unreadable-payload.js';

const ENCODER = new TextEncoder();
const MESSAGE: SerializationContext = { type: 'workflow', namespace: 'default', workflowId: 'doc-42' };
const RESULT: SerializationContext = { type: 'activity', namespace: 'default', isLocal: true };

function payload(encoding: string, data: string): Payload {
  return { metadata: { encoding: ENCODER.encode(encoding) }, data: ENCODER.encode(data) };
}

const UNREADABLE: readonly (readonly [string, Payload, string])[] = [
  ['is encrypted', payload('binary/encrypted', 'x'), 'a payload encoded as binary/encrypted cannot be read: send JSON'],
  ['is protobuf', payload('json/protobuf', '{}'), 'a payload encoded as json/protobuf cannot be read: send JSON'],
  ['is broken JSON', payload('json/plain', '{"a":'), 'a payload encoded as json/plain cannot be read: send JSON'],
  ['has a strange name', payload('a\u0000b', '{}'), 'a payload of an unknown encoding cannot be read: send JSON'],
  ['names no encoding', { metadata: {} }, 'a payload without an encoding cannot be read: send JSON'],
  ['has no metadata', {}, 'a payload without an encoding cannot be read: send JSON'],
];

describe('the payload converter of workflows', () => {
  it.each(UNREADABLE)('gives a message that %s as unreadable, and says why', (_, unreadable, why) => {
    const message: unknown = payloadConverter.fromPayload(unreadable, MESSAGE);
    expect(message).toEqual({ unreadablePayload: why });
    expect(isUnreadable(message)).toBe(true);
  });

  it.each(UNREADABLE)('throws for the result of an activity that %s', (_, unreadable) => {
    expect(() => payloadConverter.fromPayload(unreadable, RESULT)).toThrow();
  });

  it.each([[undefined], [null], ['text'], [{ a: [1, { b: 'é' }] }], [new Uint8Array([1, 2])]])(
    'encodes and decodes %j as the SDK does',
    (value) => {
      const encoded = payloadConverter.toPayload(value, MESSAGE);
      expect(encoded).toEqual(defaultPayloadConverter.toPayload(value, MESSAGE));
      expect(payloadConverter.fromPayload(encoded, MESSAGE)).toEqual(value);
    },
  );
});
