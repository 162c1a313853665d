import { Readable, pipeline, type Duplex } from 'node:stream';
import * as zlib from 'node:zlib';

/** A body may end before its packing does: whether the answer is whole is for its own words to say. */
const GZIP = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
const BROTLI = { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };
const MOST_CODINGS = 3;
const SHOWN_CODING = 40;

export class UnknownPacking extends Error {
  override readonly name = 'UnknownPacking';
  /** What the body says of itself, as far as it can be shown. */
  readonly coding: string;

  constructor(coding: string) {
    super('The body is packed in a way that cannot be undone.');
    this.coding = coding.replaceAll(/[^\w, -]/g, '').slice(0, SHOWN_CODING);
  }
}

/**
 * The bytes of a body that came packed although it was asked not to be (`Accept-Encoding: identity`): gateways pack what they
 * pass on, and RFC 9110 lets a server pack for whoever does not forbid it. Throws UnknownPacking for one
 * that this Node cannot undo.
 */
export function unpackedBody(body: Readable, contentEncoding: string): AsyncIterator<unknown> {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length === 0) return body[Symbol.asyncIterator]();
  if (codings.length > MOST_CODINGS) throw new UnknownPacking(contentEncoding);
  return codings.reduceRight((source, coding) => unpacked(source, coding), body)[Symbol.asyncIterator]();
}

function unpacked(source: Readable, coding: string): Readable {
  if (coding === 'deflate') return Readable.from(inflated(source), { objectMode: false });
  const unpacker = unpackerOf(coding);
  if (unpacker === undefined) throw new UnknownPacking(coding);
  return through(source, unpacker);
}

function unpackerOf(coding: string): Duplex | undefined {
  if (coding === 'gzip' || coding === 'x-gzip') return zlib.createGunzip(GZIP);
  if (coding === 'br') return zlib.createBrotliDecompress(BROTLI);
  // Node has it from 22.15 on.
  const zstd: unknown = coding === 'zstd' ? Reflect.get(zlib, 'createZstdDecompress') : undefined;
  return isMaker(zstd) ? zstd() : undefined;
}

function isMaker(value: unknown): value is () => Duplex {
  return typeof value === 'function';
}

/** Servers that say "deflate" mean it with the header of zlib or without: the first two bytes tell. */
async function* inflated(source: Readable): AsyncGenerator {
  const parts: AsyncIterator<unknown> = source[Symbol.asyncIterator]();
  const first = await parts.next();
  if (first.done === true) return;
  const [head = 0, next = 0] = first.value instanceof Uint8Array ? first.value : [];
  const isZlib = (head & 0x0f) === 8 && ((head << 8) | next) % 31 === 0;
  const rest = Readable.from(following(first.value, parts), { objectMode: false });
  yield* through(rest, isZlib ? zlib.createInflate(GZIP) : zlib.createInflateRaw(GZIP));
}

async function* following(first: unknown, parts: AsyncIterator<unknown>): AsyncGenerator {
  yield first;
  for (let part = await parts.next(); part.done !== true; part = await parts.next()) yield part.value;
}

/** Whoever reads what comes out sees what went wrong on the way in. */
function through(source: Readable, unpacker: Duplex): Readable {
  pipeline(source, unpacker, () => undefined);
  return unpacker;
}
