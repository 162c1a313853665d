import { Readable } from 'node:stream';
import type { StoredAnswer } from '../../core/executions/stored-answer.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { Exchange } from '../connection/exchange.js';

/** What a stream would have sent. */
export interface CaughtRequest {
  readonly url: URL;
  readonly body: string;
}

/** Stands in for the network and sends nothing: it keeps the request, and fails. */
export class Catcher {
  #caught: CaughtRequest | undefined;

  get caught(): CaughtRequest | undefined {
    return this.#caught;
  }

  readonly exchange: Exchange = (url, { body }) => {
    this.#caught ??= { url, body: body ?? '' };
    return Promise.reject(new ModelError('network', 'It is sent in a batch.'));
  };
}

/** Stands in for the network and answers whatever is asked as a line of a batch did. */
export function answeringWith({ status, requestId, body }: Extract<StoredAnswer, { type: 'answered' }>): Exchange {
  const headers = { 'content-type': 'application/json', ...(requestId === '' ? {} : { 'x-request-id': requestId }) };
  return () => Promise.resolve({ statusCode: status, headers, body: Readable.from([Buffer.from(body)]) });
}
