import { deflateSync, inflateSync } from 'node:zlib';

/** What is shorter is quicker to send than to compress. */
const COMPRESS_BEYOND_BYTES = 32 * 1024;
/** The first byte of what `deflateSync` makes; no JSON begins so. */
const DEFLATED = 0x78;

export function encodeValue(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length > COMPRESS_BEYOND_BYTES ? deflateSync(bytes) : bytes;
}

export function decodeValue(data: Uint8Array): string {
  return Buffer.from(data[0] === DEFLATED ? inflateSync(data) : data).toString('utf8');
}
