import { z } from 'zod';

import { MAX_TOOL_RESULT_BYTES } from '../../core/executions/tool-call.js';
import { cutJson } from '../../core/json/cut-json.js';
import type { JsonObject, JsonValue } from '../../core/json/json.js';
import { nestsDeeper } from '../../core/json/nesting.js';
import { wellFormed } from '../../core/json/well-formed-text.js';
import { readableText } from '../../http/readable-text.js';
import { WebError, type WebAccess, type WebAnswer } from '../../http/web-access.js';
import { defineTool } from '../define-tool.js';
import { ToolError } from '../tool-error.js';
import type { Tool, ToolContext } from '../tool.js';
import { headersFor, readHeaders, type SecretFor } from './http-headers.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];
/** What is said beside the body finds room in a result, too. */
const MOST_BYTES = MAX_TOOL_RESULT_BYTES - 4 * 1024;
/** Shorter than the call's own, so that a model hears what was slow. */
const TIMEOUT_MS = 25_000;
const MOST_HOSTS_TOLD = 2000;
const DEEPEST = 64;
/** Headers that say what to do next. */
const TOLD_HEADERS = ['location', 'retry-after', 'etag', 'last-modified', 'link'] as const;

export interface HttpFetchParts {
  readonly web: WebAccess;
  readonly secretFor: SecretFor;
  /** Hides secrets of this process in what came back. */
  readonly mask: (text: string) => string;
}

/** Reads and writes over HTTP, at the hosts that may be reached. */
export function httpFetchTool(parts: HttpFetchParts): Tool {
  const hosts = parts.web.hosts.join(', ');
  const tool = defineTool({
    name: 'http.fetch',
    description:
      `Makes an HTTP request and gives the answer's status and body, of which at most ${MOST_BYTES / 1024} KiB are read. It reaches only: ` +
      `${hosts.length > MOST_HOSTS_TOLD ? `${hosts.slice(0, MOST_HOSTS_TOLD)}…` : hosts}.`,
    input: z.object({
      url: z.string().min(1).max(8192).describe('https://… or http://…'),
      method: z.enum(METHODS).optional().describe('GET where there is none'),
      headers: z
        .record(z.string(), z.string())
        .optional()
        .describe('A value may name a credential that you were told of, as ${CREDENTIAL_NAME}'),
      body: z.json().optional().describe('A text as it is to be sent, or JSON'),
    }),
    timeoutSeconds: 30,
    run: async ({ url, method = 'GET', headers = {}, body }, context) =>
      await fetchOnce(
        parts,
        { url, method, headers: withOurHeaders(headers, body, { method, context }), ...sent(body) },
        context,
      ),
  });
  // Only to look may be repeated where a worker died: of the rest nobody knows what it has done.
  return Object.assign(tool, { isRepeatable: ({ method }: JsonObject) => isSafe(method) });
}

interface Asked {
  readonly url: string;
  readonly method: Method;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function fetchOnce(
  { web, secretFor, mask }: HttpFetchParts,
  asked: Asked,
  context: ToolContext,
): Promise<JsonObject> {
  const headers = readHeaders(asked.headers);
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const signal = AbortSignal.any([context.signal, late]);
  try {
    const answer = await web.send({
      url: asked.url,
      method: asked.method,
      headersFor: (url, isFirst) => headersFor(headers, { url, isFirst }, secretFor),
      ...(asked.body === undefined ? {} : { body: asked.body }),
      signal,
    });
    return await shownAnswer(answer, mask);
  } catch (error) {
    context.signal.throwIfAborted();
    if (late.aborted) throw new ToolError(`It took longer than ${TIMEOUT_MS / 1000} s.${doubtOf(asked.method, true)}`);
    if (error instanceof WebError)
      throw new ToolError(`${error.message}${doubtOf(asked.method, error.kind === 'broken')}`);
    throw error;
  }
}

function doubtOf(method: Method, wasSent: boolean): string {
  if (isSafe(method) || !wasSent) return '';
  return ' Nobody knows whether the request had its effect: find that out before you send it again.';
}

async function shownAnswer(answer: WebAnswer, mask: (text: string) => string): Promise<JsonObject> {
  const { bytes, isWhole } = await answer.read(MOST_BYTES);
  const contentType = (answer.headers['content-type'] ?? '').slice(0, 200);
  const told = TOLD_HEADERS.flatMap((name): [string, string][] => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, mask(value.slice(0, 2000))]];
  });
  return {
    status: answer.status,
    url: mask(answer.url.href),
    ...(contentType === '' ? {} : { contentType }),
    ...(told.length === 0 ? {} : { headers: Object.fromEntries(told) }),
    ...shownBody(bytes, { contentType, isWhole, mask }),
    ...(answer.refusedRedirect === undefined
      ? {}
      : { note: `It sends on to ${mask(answer.refusedRedirect).slice(0, 2000)}, which is not followed.` }),
  };
}

function shownBody(
  bytes: Uint8Array,
  { contentType, isWhole, mask }: { contentType: string; isWhole: boolean; mask: (text: string) => string },
): JsonObject {
  const size = `${isWhole ? '' : 'more than '}${bytes.byteLength} bytes`;
  if (bytes.byteLength === 0) return {};
  const text = readableText(bytes, contentType);
  if (text === undefined)
    return { binary: `The body is no text: ${contentType || 'of no type'}, ${size}. It is not shown.` };
  const shown = mask(wellFormed(text));
  const { value, cuts } = cutJson(isWhole ? parsed(shown) : shown, MOST_BYTES);
  return {
    body: value,
    ...(isWhole && cuts.length === 0 ? {} : { cut: `Only the beginning is here: the body has ${size}.` }),
  };
}

/** JSON as what it says: as a text each of its quotes would be there twice. */
function parsed(text: string): JsonValue {
  if (!/^\s*[[{]/.test(text) || nestsDeeper(text, DEEPEST)) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function sent(body: JsonValue | undefined): { readonly body?: string } {
  if (body === undefined || body === null) return {};
  return { body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function withOurHeaders(
  headers: Readonly<Record<string, string>>,
  body: JsonValue | undefined,
  { method, context }: { readonly method: Method; readonly context: ToolContext },
): Record<string, string> {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  return {
    ...headers,
    ...(names.has('user-agent') ? {} : { 'user-agent': 'circuit-breaker' }),
    ...(typeof body !== 'object' || body === null || names.has('content-type')
      ? {}
      : { 'content-type': 'application/json' }),
    // Whoever knows the header does not do the same thing twice.
    ...(isSafe(method) || names.has('idempotency-key') ? {} : { 'idempotency-key': context.idempotencyKey }),
  };
}

function isSafe(method: JsonValue | undefined): boolean {
  return method === undefined || method === 'GET' || method === 'HEAD';
}
