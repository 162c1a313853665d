import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

import { ApplicationFailure, type Payload, type PayloadCodec, type SerializationContext } from '@temporalio/common';
import proto from '@temporalio/proto';

import { unreadablePayload } from '../contract/unreadable-payload.js';
import type { PayloadKey } from '../core/payload-keys.js';
import { shortened } from '../core/json/shortened.js';

/**
 * The form of an encrypted payload, for whoever writes a codec in another language. It never changes meaning.
 *
 * - metadata: `encoding` is ENCODING, `encryption-key-id` the id of the key, both UTF-8.
 * - data: 12 bytes of nonce, the ciphertext, 16 bytes of tag. AES-256-GCM.
 * - additional authenticated data: the encoding, a line feed, the key id, UTF-8.
 * - plaintext: the payload that was encrypted, with its metadata, as protobuf (temporal.api.common.v1.Payload).
 */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_SHOWN_ID = 64;

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

interface Key {
  readonly id: string;
  readonly secret: KeyObject;
}

/**
 * Encrypts payloads with the first of its keys, and decrypts those of all of them. What is not encrypted is read as it is: it was
 * sent by a client that encrypts nothing, or before there were keys.
 */
export class PayloadEncryption implements PayloadCodec {
  readonly #first: Key;
  readonly #byId: ReadonlyMap<string, Key>;

  /** Takes one key at least. */
  constructor([first, ...others]: readonly [PayloadKey, ...PayloadKey[]]) {
    this.#first = keyOf(first);
    this.#byId = new Map([this.#first, ...others.map(keyOf)].map((key) => [key.id, key]));
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => encrypted(payload, this.#first)));
  }

  /**
   * What cannot be decrypted becomes an `UnreadablePayload`, which whoever gets it refuses. In an activity's arguments and results,
   * which are our own, it throws instead, so that they are tried again: another worker may have the key.
   */
  decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return Promise.resolve().then(() => payloads.map((payload) => this.open(payload) ?? unreadable(payload, context)));
  }

  /** The payload itself where it is not encrypted; undefined where it cannot be decrypted. */
  open(payload: Payload): Payload | undefined {
    if (!isEncrypted(payload)) return payload;
    const key = this.#byId.get(textOf(payload, KEY_ID) ?? '');
    return key === undefined ? undefined : decrypted(payload, key);
  }
}

export function isEncrypted(payload: Payload): boolean {
  return textOf(payload, 'encoding') === ENCODING;
}

function keyOf({ id, bytes }: PayloadKey): Key {
  return { id, secret: createSecretKey(bytes) };
}

function encrypted(payload: Payload, { id, secret }: Key): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES }).setAAD(authenticated(id));
  const text = cipher.update(PayloadMessage.encode(payload).finish());
  const data = Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) }, data };
}

function decrypted({ data }: Payload, { id, secret }: Key): Payload | undefined {
  if (data == null || data.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const [nonce, tag] = [data.subarray(0, NONCE_BYTES), data.subarray(-TAG_BYTES)];
  const decipher = createDecipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated(id)).setAuthTag(tag);
  try {
    const text = decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES));
    return PayloadMessage.decode(Buffer.concat([text, decipher.final()]));
  } catch {
    // Another key of the same id, or other bytes than were encrypted.
    return undefined;
  }
}

function authenticated(id: string): Buffer {
  return Buffer.from(`${ENCODING}\n${id}`);
}

function unreadable(payload: Payload, context: SerializationContext | undefined): Payload {
  const id = shortened(textOf(payload, KEY_ID) ?? '', MAX_SHOWN_ID);
  const why = `a payload that is encrypted with the key ${JSON.stringify(id)} cannot be read: PAYLOAD_ENCRYPTION_KEYS has no such key here, or it was changed on its way`;
  if (context?.type === 'activity') throw ApplicationFailure.retryable(why, 'PAYLOAD_UNREADABLE');
  return {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(JSON.stringify(unreadablePayload(why))),
  };
}

function textOf({ metadata }: Payload, name: string): string | undefined {
  const bytes = metadata?.[name];
  return bytes == null ? undefined : Buffer.from(bytes).toString();
}
