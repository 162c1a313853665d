import { Agent, request, type Dispatcher } from 'undici';

import { parsedUrl } from '../core/parsed-url.js';
import { allowsHost, hostRuleText, type WebHosts } from '../core/web-hosts.js';
import { judgedConnect } from './judged-connect.js';
import { ForbiddenAddress, forbiddenIn, mayName } from './forbidden-address.js';
import { unpackedBody } from './unpacked-body.js';
import { WebError, type ReadBytes, type WebAccess, type WebAnswer, type WebRequest } from './web-access.js';

const MOST_REDIRECTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const LONGEST_HEADERS_BYTES = 32 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

export interface OpenWebAccess extends WebAccess {
  close(): Promise<void>;
}

/**
 * Reaches the hosts of the lists. Every address is judged where the connection is made, so that a name that means another
 * address a moment later leads nowhere else. A redirect is followed within the lists only, and never from https to http.
 */
export function openWebAccess(allowed: WebHosts): OpenWebAccess {
  const dispatcher = new Agent({
    // A connection for each request: none is found closed, and none outlives what was judged.
    pipelining: 0,
    maxHeaderSize: LONGEST_HEADERS_BYTES,
    // The signal of each request bounds the rest.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: judgedConnect({ privateHosts: allowed.privateHosts, timeoutMs: CONNECT_TIMEOUT_MS }),
  });
  const hosts = allowed.hosts.map(hostRuleText);
  return {
    hosts,
    mayName: (url) => mayName(url, allowed.privateHosts),
    send: (asked) => send(asked, { allowed, hosts, dispatcher }),
    close: () => dispatcher.destroy(),
  };
}

interface Surroundings {
  readonly allowed: WebHosts;
  readonly hosts: readonly string[];
  readonly dispatcher: Dispatcher;
}

async function send(asked: WebRequest, around: Surroundings): Promise<WebAnswer> {
  const first = readUrl(asked.url);
  let url = first;
  refuseOther(url, around);
  let { method, body } = asked;
  for (let hop = 0; ; hop += 1) {
    const answer = await request(url, {
      dispatcher: around.dispatcher,
      method,
      headers: { 'accept-encoding': 'identity', ...asked.headersFor(url, url.origin === first.origin) },
      body: body ?? null,
      signal: asked.signal,
    }).catch((error: unknown) => {
      asked.signal.throwIfAborted();
      throw failureOf(error, url);
    });
    const { statusCode: status } = answer;
    const headers = firstOfEach(answer.headers);
    const target = REDIRECTS.has(status) ? targetOf(headers['location'], url) : undefined;
    if (target === undefined) return answerOf(answer, { url, headers, signal: asked.signal });
    const isAllowed = mayFollow(url, target, around.allowed);
    const { followsRedirects = true } = asked;
    if (!followsRedirects || !isAllowed || hop === MOST_REDIRECTS) {
      const refusedRedirect =
        followsRedirects && isAllowed ? `more than ${MOST_REDIRECTS} redirects` : `${target.origin}${target.pathname}`;
      return { ...answerOf(answer, { url, headers, signal: asked.signal }), refusedRedirect };
    }
    answer.body.destroy();
    answer.body.on('error', () => undefined);
    if (status === 303 || (status < 303 && !SAFE_METHODS.has(method))) {
      method = method === 'HEAD' ? 'HEAD' : 'GET';
      body = undefined;
    }
    url = target;
  }
}

function readUrl(text: string): URL {
  const url = parsedUrl(text);
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new WebError('That is no address that begins with https:// or http://.', 'refused');
  }
  if (url.username !== '' || url.password !== '') {
    throw new WebError('An address may have no user or password in it.', 'refused');
  }
  url.hash = '';
  return url;
}

function refuseOther(url: URL, { allowed, hosts }: Surroundings): void {
  if (!allowsHost(allowed.hosts, url)) {
    const others = hosts.length === 0 ? 'none may be reached' : `these may be: ${hosts.join(', ')}`;
    throw new WebError(`${url.host} may not be reached; ${others}.`, 'refused');
  }
  if (!mayName(url, allowed.privateHosts)) throw new WebError(new ForbiddenAddress(url.host).message, 'refused');
}

function mayFollow(from: URL, to: URL, { hosts, privateHosts }: WebHosts): boolean {
  const isDowngrade = from.protocol === 'https:' && to.protocol !== 'https:';
  const isAllowed = allowsHost(hosts, to) && mayName(to, privateHosts);
  return !isDowngrade && to.username === '' && to.password === '' && isAllowed;
}

function targetOf(location: string | undefined, from: URL): URL | undefined {
  const target = location === undefined ? undefined : parsedUrl(location, from);
  if (target === undefined) return undefined;
  target.hash = '';
  return target;
}

const NOT_SENT: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EAI_NONAME',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function failureOf(error: unknown, { host }: URL): WebError {
  const forbidden = forbiddenIn(error);
  if (forbidden !== undefined) return new WebError(forbidden.message, 'refused');
  const code = codeOf(error);
  const kind = NOT_SENT.has(code) ? 'unreached' : 'broken';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new WebError(`${host} answered with too many headers.`, kind);
  return new WebError(`${host} could not be reached, or broke off${code === '' ? '' : ` (${code})`}.`, kind);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if ('code' in error && typeof error.code === 'string' && error.code !== 'UND_ERR_SOCKET') return error.code;
  return codeOf(error.cause);
}

function firstOfEach(headers: Dispatcher.ResponseData['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      const [first] = [value].flat();
      return first === undefined ? [] : [[name, first]];
    }),
  );
}

function answerOf(
  { statusCode: status, body, headers: all }: Dispatcher.ResponseData,
  { url, headers, signal }: Pick<WebAnswer, 'url' | 'headers'> & { readonly signal: AbortSignal },
): WebAnswer {
  const codings = [all['content-encoding'] ?? ''].flat().join(',');
  return {
    status,
    url,
    headers,
    read: async (most) => {
      try {
        return await readAtMost(unpackedBody(body, codings), most);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof WebError) throw error;
        throw new WebError(`${url.host} sent an answer that broke off or cannot be unpacked.`, 'broken');
      } finally {
        body.on('error', () => undefined);
        body.destroy();
      }
    },
  };
}

/** What is packed grows while it is unpacked: reading stops where there is enough. */
async function readAtMost(parts: AsyncIterator<unknown>, most: number): Promise<ReadBytes> {
  const read: Uint8Array[] = [];
  let size = 0;
  while (size <= most) {
    const part = await parts.next();
    if (part.done === true) return { bytes: Buffer.concat(read), isWhole: true };
    if (!(part.value instanceof Uint8Array)) continue;
    read.push(part.value);
    size += part.value.byteLength;
  }
  await parts.return?.();
  return { bytes: Buffer.concat(read).subarray(0, most), isWhole: false };
}
