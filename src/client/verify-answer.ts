import type { CompletedBody } from '../core/streams/stream-event.js';

/**
 * Whether a text is the stored answer: by its length and its hash. Where the platform has no hashes (a page that is not
 * served securely) the texts themselves are compared.
 */
export async function isAnswer(text: string, { final_response, length, sha256 }: CompletedBody): Promise<boolean> {
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength !== length) return false;
  if (!('subtle' in globalThis.crypto)) return text === final_response;
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === sha256;
}
