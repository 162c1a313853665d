import type { Payload } from './payload-json.js';

/** What our workers and clients encrypt payloads with, and decrypt them. */
export interface PayloadCipher {
  encode(payloads: Payload[]): Promise<Payload[]>;
  /** The payload itself where it is not encrypted; undefined where it cannot be decrypted. */
  open(payload: Payload): Payload | undefined;
}
