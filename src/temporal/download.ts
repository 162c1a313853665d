import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface FetchOptions {
  /** Told how it goes, in lines for a person. */
  readonly report: (message: string) => void;
  /** Aborted when nobody waits for it any more. */
  readonly signal?: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 5000;
const STALL_TIMEOUT_MS = 30_000;
const REPORT_EVERY_MS = 1000;

/** Downloads a file, telling how far it is about once a second. Throws when it does not arrive whole. */
export async function download(url: string, target: string, options: FetchOptions): Promise<void> {
  const stalled = new AbortController();
  const signal = options.signal === undefined ? stalled.signal : AbortSignal.any([stalled.signal, options.signal]);
  let timer = setTimeout(() => {
    stalled.abort(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`));
  }, CONNECT_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
    const expected = Number(response.headers.get('content-length') ?? Number.NaN);
    let received = 0;
    let reportedAt = performance.now();
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        clearTimeout(timer);
        timer = setTimeout(() => {
          stalled.abort(new Error(`nothing came for ${STALL_TIMEOUT_MS / 1000} s`));
        }, STALL_TIMEOUT_MS);
        if (performance.now() - reportedAt > REPORT_EVERY_MS) {
          reportedAt = performance.now();
          options.report(progress(received, expected));
        }
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), count, createWriteStream(target), { signal });
    if (Number.isFinite(expected) && received !== expected)
      throw new Error(`only ${received} of ${expected} bytes came`);
  } catch (error) {
    throw signal.aborted ? signal.reason : reasonOf(error);
  } finally {
    clearTimeout(timer);
  }
}

function progress(received: number, expected: number): string {
  const megabytes = (received / 1e6).toFixed(0);
  return Number.isFinite(expected) ? `  ${megabytes} of ${(expected / 1e6).toFixed(0)} MB` : `  ${megabytes} MB`;
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reasonOf(error: unknown): unknown {
  return error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
}
