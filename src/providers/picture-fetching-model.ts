import { LRUCache } from 'lru-cache';

import { capabilitiesOf } from '../core/agents/model-capabilities.js';
import { fetchesPicture, type PictureLimits } from '../core/agents/picture-limits.js';
import type { ExecutionErrorCode } from '../core/codes.js';
import { ModelError } from '../core/executions/model-error.js';
import { pictureBytes, type Picture } from '../core/executions/picture.js';
import { pictureTypeOf } from '../core/executions/picture-type.js';
import type { ModelEvent, ModelRequest, RequestMessage } from '../core/executions/turn.js';
import { WebError, type WebAccess, type WebAnswer } from '../http/web-access.js';
import type { LanguageModel } from './language-model.js';

const TIMEOUT_MS = 20_000;
/** Of all pictures that are kept, in characters of base64, and for how long: for the next turn, or another try at this one. */
const MOST_KEPT = 32 * 1024 * 1024;
const KEPT_MS = 10 * 60_000;

type FetchedPicture = Extract<Picture, { type: 'inline' }>;

/**
 * Fetches the pictures of a request that its provider does not fetch by itself, and leaves the rest to another model. An inner
 * address goes to no provider either: what is called one may be a server within this network, which would fetch it here. What was
 * fetched for an execution is kept for its next turns, as far as there is room.
 */
export class PictureFetchingModel implements LanguageModel {
  readonly #model: LanguageModel;
  readonly #web: WebAccess;
  readonly #kept = new LRUCache<string, FetchedPicture>({
    ...{ maxSize: MOST_KEPT, ttl: KEPT_MS },
    sizeCalculation: ({ data }) => data.length,
  });

  constructor(model: LanguageModel, web: WebAccess) {
    this.#model = model;
    this.#web = web;
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent> {
    const { pictures: limits } = capabilitiesOf(request.provider);
    const needed = limits === null ? [] : linkedIn(request).filter(({ url }) => !this.#goesOn(limits, url));
    if (limits === null || needed.length === 0) return this.#model.stream(request, signal);
    return this.#streamWithPictures(request, { limits, signal, fetchingFor: request.fetchingFor });
  }

  async *#streamWithPictures(request: ModelRequest, looking: Looking): AsyncGenerator<ModelEvent, void, undefined> {
    const startedMs = performance.now();
    const messages = await this.#withPictures(request.messages, looking);
    const timeoutMs = Math.max(1, request.timeoutMs - (performance.now() - startedMs));
    yield* this.#model.stream({ ...request, messages, timeoutMs }, looking.signal);
  }

  /** One after another: what is in memory is bounded, and the first that is wrong ends it. */
  async #withPictures(messages: readonly RequestMessage[], looking: Looking): Promise<readonly RequestMessage[]> {
    let left = looking.limits.bytesTogether;
    const result: RequestMessage[] = [];
    for (const { pictures, ...message } of messages) {
      const fetched: Picture[] = [];
      for (const picture of pictures ?? []) {
        const here = await this.#here(picture, { ...looking, left });
        left -= pictureBytes(here) ?? 0;
        fetched.push(here);
      }
      result.push({ ...message, ...(fetched.length === 0 ? {} : { pictures: fetched }) });
    }
    return result;
  }

  async #here(picture: Picture, looking: Fetching): Promise<Picture> {
    const { limits, left, fetchingFor } = looking;
    if (picture.type === 'inline' || this.#goesOn(limits, picture.url)) return picture;
    const key = `${fetchingFor ?? ''} ${picture.url}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && (pictureBytes(kept) ?? 0) <= Math.min(limits.bytesEach, left)) return kept;
    const fetched = await this.#fetched(picture.url, looking);
    if (fetchingFor !== undefined) this.#kept.set(key, fetched);
    return fetched;
  }

  async #fetched(url: string, { limits, signal, left }: Fetching): Promise<FetchedPicture> {
    const late = AbortSignal.timeout(TIMEOUT_MS);
    const { host } = new URL(url);
    try {
      const answer = await this.#web.send({
        url,
        method: 'GET',
        headersFor: () => ({ accept: 'image/*', 'user-agent': 'circuit-breaker' }),
        signal: AbortSignal.any([signal, late]),
      });
      return await readPicture(answer, host, Math.min(limits.bytesEach, left));
    } catch (error) {
      signal.throwIfAborted();
      if (late.aborted) throw notFetched('timeout', `${host} did not send a picture within ${TIMEOUT_MS / 1000} s.`);
      if (error instanceof WebError) throw failureOf(error);
      throw error;
    }
  }

  #goesOn(limits: PictureLimits, address: string): boolean {
    return fetchesPicture(limits, address) && this.#web.mayName(new URL(address));
  }
}

interface Looking {
  readonly limits: PictureLimits;
  readonly signal: AbortSignal;
  readonly fetchingFor: string | undefined;
}

interface Fetching extends Looking {
  /** How many bytes a picture may have beside those before it. */
  readonly left: number;
}

function linkedIn({ messages }: ModelRequest) {
  return messages.flatMap(({ pictures = [] }) => pictures).filter((picture) => picture.type === 'linked');
}

async function readPicture(answer: WebAnswer, host: string, most: number): Promise<FetchedPicture> {
  const { status, refusedRedirect } = answer;
  const { bytes, isWhole } = await answer.read(most);
  if (refusedRedirect !== undefined) {
    throw notFetched('host_forbidden', `${host} has no picture there: it sends on to a host that may not be reached.`);
  }
  if (status >= 500 || status === 429) throw notFetched('server', `${host} answered ${status} in place of a picture.`);
  if (status !== 200) throw notFetched('invalid_request', `${host} answered ${status} in place of a picture.`);
  const mediaType = pictureTypeOf(bytes);
  if (mediaType === undefined) {
    const said = (answer.headers['content-type'] ?? 'nothing').slice(0, 100);
    throw notFetched('invalid_request', `What ${host} sent is no picture; it calls it ${said}.`);
  }
  if (!isWhole) {
    throw notFetched('invalid_request', `A picture of ${host} has more than the ${most} bytes that are left for it.`);
  }
  return { type: 'inline', mediaType, data: Buffer.from(bytes).toString('base64') };
}

function failureOf({ kind, message }: WebError): ModelError {
  if (kind !== 'refused') return notFetched('network', `A picture could not be fetched: ${message}`);
  const advice = 'Pictures are fetched from the hosts of TOOL_HTTP_HOSTS.';
  return notFetched('host_forbidden', `A picture could not be fetched: ${message} ${advice}`);
}

/** Whoever keeps the picture has failed, and not the provider, which nobody has asked. */
function notFetched(code: ExecutionErrorCode, message: string): ModelError {
  return new ModelError(code, message, { isUnasked: true });
}
