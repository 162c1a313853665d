/** What the API says of an error beside its message: `extensions` of GraphQL, the `error` of other answers. */
export interface ApiErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly { readonly code: string; readonly pointer: string; readonly message: string }[];
  readonly blockers?: readonly {
    readonly code: string;
    readonly message: string;
    readonly rule?: unknown;
    readonly actual?: unknown;
  }[];
  readonly requestId?: string;
}

/** Why a stream cannot be watched: the server has said so for good, and coming again would not help. */
export class StreamError extends Error {
  override readonly name = 'StreamError';

  constructor(
    /** Of the API's catalogue, e.g. `NOT_FOUND`. */
    readonly code: string,
    message: string,
    readonly facts: Partial<ApiErrorFacts> = {},
  ) {
    super(message);
  }
}

/** Reads the body of an answer that is an error; one of another shape gives the status alone. */
export async function readStreamError(response: Response): Promise<StreamError> {
  const otherwise = `The server answered ${response.status}.`;
  try {
    const { error } = (await response.json()) as { error?: Partial<ApiErrorFacts> };
    return new StreamError(error?.code ?? 'INTERNAL', error?.message ?? otherwise, error ?? {});
  } catch {
    return new StreamError('INTERNAL', otherwise);
  }
}
