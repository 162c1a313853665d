/** Of a text message that is one frame, from a server, which does not mask. */
const FINAL_TEXT = 0x81;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/**
 * A WebSocket message as the bytes of its only frame: made once, it goes to any number of sockets in one write each. The
 * parts are its text in UTF-8.
 */
export function textFrame(...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([frameHead(length), ...parts]);
}

function frameHead(length: number): Buffer {
  if (length < TWO_BYTES) return Buffer.of(FINAL_TEXT, length);
  if (length < 2 ** 16) {
    const head = Buffer.of(FINAL_TEXT, TWO_BYTES, 0, 0);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head.set([FINAL_TEXT, EIGHT_BYTES]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
