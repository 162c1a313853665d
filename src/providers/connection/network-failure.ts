import { ModelError } from '../../core/executions/model-error.js';
import { forbiddenIn } from '../../http/forbidden-address.js';
import type { UnknownPacking } from '../../http/unpacked-body.js';

/** Where a connection was when it failed: a cut answer is not the same as no answer. */
export type CallStage = 'before the answer' | 'within the answer';

const NAME_ERRORS = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'];

/** What undici or the operating system reported, in the terms of the catalogue. */
export function networkFailure(error: unknown, host: string, stage: CallStage): ModelError {
  const forbidden = forbiddenIn(error);
  if (forbidden !== undefined) return new ModelError('host_forbidden', forbidden.message);
  const code = errorCode(error);
  const detail = code === undefined ? '' : ` (${code})`;
  // A reset and a plain close are not told apart here: which of them the reader sees depends on what it read before.
  if (stage === 'within the answer' && code !== undefined && /^Z_|BROTLI|^ERR__ERROR|ZSTD/.test(code)) {
    return new ModelError('incomplete_stream', `What ${host} sent is packed, and cannot be unpacked${detail}.`);
  }
  if (stage === 'within the answer') {
    return new ModelError('incomplete_stream', `The connection to ${host} broke in the middle of the answer${detail}.`);
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return new ModelError('timeout', `No connection to ${host} in time. Is the host right, and does it run?`);
  }
  if (code === 'ECONNREFUSED') {
    return new ModelError('network', `${host} refused the connection. Is the server running, and is the port right?`);
  }
  if (code !== undefined && NAME_ERRORS.includes(code)) {
    return new ModelError('network', `The name ${host} could not be resolved (${code}). Check the base URL and DNS.`);
  }
  return new ModelError('network', `The connection to ${host} broke before it answered${detail}.`);
}

/** An answer that came packed in a way that cannot be undone. */
export function packedAnswer({ coding }: UnknownPacking, host: string): ModelError {
  const advice =
    'It was asked not to (Accept-Encoding: identity): set that right at the server, or at the gateway in front of it.';
  return new ModelError(
    'invalid_request',
    `${host} packed its answer as "${coding}", which cannot be read here. ${advice}`,
  );
}

/** The code of an error or of the one that caused it; addresses tried in parallel come as an AggregateError. */
function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (own !== undefined && own !== 'UND_ERR_SOCKET') return own;
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]) ?? own;
  return errorCode(error.cause) ?? own;
}
