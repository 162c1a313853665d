import type { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';

/** One request, and its answer as it comes. */
export type Exchange = (url: URL, options: ExchangeOptions) => Promise<ExchangedAnswer>;

export interface ExchangeOptions {
  readonly dispatcher: Dispatcher;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export interface ExchangedAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** Over the network. */
export const overNetwork: Exchange = (url, options) => request(url, options);
