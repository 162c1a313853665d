/** A request to a host that may be reached. */
export interface WebRequest {
  readonly url: string;
  readonly method: string;
  /** For the server that a hop goes to: another one than the first may not get all that the first does. */
  readonly headersFor: (url: URL, isFirst: boolean) => Readonly<Record<string, string>>;
  readonly body?: string;
  /** False: an answer that sends on is the answer, wherever it sends to; absent: it is followed. */
  readonly followsRedirects?: boolean;
  readonly signal: AbortSignal;
}

/** What came, unpacked. */
export interface WebAnswer {
  readonly status: number;
  /** Where it came from, after redirects. */
  readonly url: URL;
  /** In small letters; of those that came more than once the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** Set when the answer sends on to a place that is not gone to. */
  readonly refusedRedirect?: string;
  /** Reads so many bytes and closes the connection, whatever more there is. */
  readonly read: (most: number) => Promise<ReadBytes>;
}

export interface ReadBytes {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

/** Requests to the hosts that whoever runs the worker has named, and to no other. */
export interface WebAccess extends AddressJudge {
  /** The hosts, for people and models; empty: none may be reached. */
  readonly hosts: readonly string[];
  /** Throws WebError, and whatever `headersFor` throws. */
  send(request: WebRequest): Promise<WebAnswer>;
}

/** What may be asked of an address before anybody goes there. */
export interface AddressJudge {
  /** Whether its text names no inner address, or one that is allowed. What a name leads to is judged at each connection. */
  mayName(url: URL): boolean;
}

/** Why there is no answer, in words for a model or a person. */
export class WebError extends Error {
  override readonly name = 'WebError';

  constructor(
    message: string,
    readonly kind: WebFailure,
  ) {
    super(message);
  }
}

/**
 * `refused`: it is not gone there, now or later. `unreached`: the server never had the request. `broken`: it may have had it, so what
 * the request asks for may have happened.
 */
export type WebFailure = 'refused' | 'unreached' | 'broken';
