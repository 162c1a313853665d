import { TextDecoder } from 'node:util';

import { LARGEST_FRAME } from './largest-frame.js';

const LINE_ENDS = ['\n', '\r'].map((end) => end.charCodeAt(0));
/** Bytes that a text in UTF-16 may begin with, and one in UTF-8 that we read never does. */
const BEGINS_UTF_16 = new Set([0xfe, 0xff, 0]);

/**
 * The bytes of a streamed body as text. Event streams and JSON are UTF-8 whatever their server says, and most that say
 * something else have it only in their configuration: so UTF-8 is taken where it fits, and what was declared where it does not.
 * A body in UTF-16 is known by its mark or its zeros.
 */
export class BodyDecoder {
  readonly #declared: string;
  #decoder: TextDecoder | undefined;
  /** What cannot be judged yet. */
  #held: Uint8Array = new Uint8Array();

  constructor(contentType: string) {
    this.#declared = declaredCharset(contentType);
  }

  take(bytes: Uint8Array): string {
    if (this.#decoder !== undefined) return this.#decoder.decode(bytes, { stream: true });
    const known = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = new Uint8Array();
    const [first = 0, second] = known;
    if (known.length > 0 && second === undefined && BEGINS_UTF_16.has(first)) return this.#hold(known);
    const charset = this.#charsetOf(known);
    return charset === undefined ? this.#takeLines(known) : this.#decodeAs(charset, known);
  }

  end(): string {
    if (this.#decoder === undefined && this.#held.length > 0) {
      const held = this.#held;
      return this.#utf8(held) ?? this.#decodeAs(this.#declared, held) + this.#end();
    }
    return this.#end();
  }

  #end(): string {
    return this.#decoder?.decode() ?? '';
  }

  /** Undefined: it may be UTF-8, and may be what was declared. */
  #charsetOf(bytes: Uint8Array): string | undefined {
    const [first, second] = bytes;
    if (first === 0xff && second === 0xfe) return 'utf-16le';
    if (first === 0xfe && second === 0xff) return 'utf-16be';
    if (this.#declared.startsWith('utf-16')) return first === 0 ? 'utf-16be' : second === 0 ? 'utf-16le' : 'utf-8';
    return this.#declared === 'utf-8' ? 'utf-8' : undefined;
  }

  /** Lines are judged whole: no character reaches beyond its own. */
  #takeLines(bytes: Uint8Array): string {
    const end = Math.max(...LINE_ENDS.map((lineEnd) => bytes.lastIndexOf(lineEnd))) + 1;
    const lines = bytes.length - end > LARGEST_FRAME ? bytes : bytes.subarray(0, end);
    const text = this.#utf8(lines);
    if (text === undefined) return this.#decodeAs(this.#declared, bytes);
    this.#hold(bytes.subarray(lines.length));
    return text;
  }

  #utf8(bytes: Uint8Array): string | undefined {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return undefined;
    }
  }

  #decodeAs(charset: string, bytes: Uint8Array): string {
    this.#decoder = new TextDecoder(charset);
    return this.#decoder.decode(bytes, { stream: true });
  }

  #hold(bytes: Uint8Array): string {
    this.#held = bytes;
    return '';
  }
}

/** As `TextDecoder` calls it; UTF-8 where nothing is said that it knows. */
function declaredCharset(contentType: string): string {
  const [, label = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType) ?? [];
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return 'utf-8';
  }
}
