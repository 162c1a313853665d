import type { IncomingMessage } from 'node:http';
import { parsedUrl } from '../../core/parsed-url.js';

/** Addresses come without one. */
const ORIGIN = 'http://localhost';

/** What a request is for. It may name its target in any way; what is no path is one that leads nowhere. */
export function requestUrl({ url = '/' }: Pick<IncomingMessage, 'url'>): URL {
  return parsedUrl(url, ORIGIN) ?? new URL(ORIGIN);
}
