import { CircuitBreakerError } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';

export interface NatsAddress {
  readonly host: string;
  readonly user: string;
  readonly pass: string;
  /** What the path names: a stream, or a bucket. */
  readonly name: string;
  /** `tls://`: nothing is said in clear. */
  readonly isSecure: boolean;
}

interface NatsUrlFacts {
  /** The variable that has it. */
  readonly variable: string;
  /** What its path names, in words. */
  readonly what: 'stream' | 'bucket';
  /** Its name where the path is empty. */
  readonly usualName: string;
}

/** Throws VALIDATION_FAILED for what is none. */
export function readNatsUrl(url: string, { variable, what, usualName }: NatsUrlFacts): NatsAddress {
  const path = parsedUrl(url)?.pathname.replace(/^\//, '');
  const name = path === '' ? usualName : (path ?? '');
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new CircuitBreakerError(
      'VALIDATION_FAILED',
      `${variable} is not a valid address: use nats://user:password@host:port/${what}; the name of the ${what} may have letters, digits, "-" and "_".`,
    );
  }
  const { protocol, hostname, port, username, password } = new URL(url);
  return {
    host: `${hostname}:${port === '' ? '4222' : port}`,
    user: decodeURIComponent(username),
    pass: decodeURIComponent(password),
    name,
    isSecure: protocol === 'tls:',
  };
}
