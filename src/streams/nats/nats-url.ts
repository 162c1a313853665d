import { CircuitBreakerError } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';

interface NatsAddress {
  readonly host: string;
  readonly user: string;
  readonly pass: string;
  readonly stream: string;
}

/** Throws VALIDATION_FAILED for what is none. */
export function readNatsUrl(url: string): NatsAddress {
  const path = parsedUrl(url)?.pathname.replace(/^\//, '');
  const stream = path === '' ? 'circuit-breaker' : (path ?? '');
  if (!/^[A-Za-z0-9_-]+$/.test(stream)) {
    throw new CircuitBreakerError(
      'VALIDATION_FAILED',
      'STREAM_URL is not a valid address: use nats://user:password@host:port/stream; the name of the stream may have letters, digits, "-" and "_".',
    );
  }
  const { hostname, port, username, password } = new URL(url);
  const host = `${hostname}:${port === '' ? '4222' : port}`;
  return { host, user: decodeURIComponent(username), pass: decodeURIComponent(password), stream };
}
