import type { IncomingHttpHeaders } from 'node:http';

import { CircuitBreakerError } from '../../core/errors.js';
import { shortened } from '../../core/json/shortened.js';
import { isLoopback } from '../../core/loopback.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { isCodecPath } from '../connections/codec-paths.js';

interface OriginOptions {
  readonly servesEveryHost?: boolean;
  /** Of Temporal: its pages may use the codec, and nothing else. */
  readonly uiUrl?: string | undefined;
}

/**
 * Which pages may reach the API through somebody's browser: those of its own address, and those that are named. A page
 * from elsewhere could otherwise start agents with a request or a socket that the browser sends for it; one that makes
 * its own name point to this machine could read the answers, too. Programs that are no browsers send no `Origin`.
 */
export class OriginPolicy {
  readonly #origins: ReadonlySet<string>;
  readonly #atCodec: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;
  readonly #servesEveryHost: boolean;

  /**
   * `origins` as browsers write them, e.g. `https://agents.example.com`. Where callers show who they are, a page that makes its name
   * point here gains nothing by it, and every host is served.
   */
  constructor(origins: readonly string[], { servesEveryHost = false, uiUrl }: OriginOptions = {}) {
    this.#servesEveryHost = servesEveryHost;
    this.#origins = new Set(origins);
    this.#atCodec = new Set([...origins, ...(uiUrl === undefined ? [] : originsOf(uiUrl))]);
    this.#hosts = new Set(origins.map((origin) => new URL(origin).hostname));
  }

  /** Of the pages that may use a path, besides those of our own address. */
  originsAt(path: string | undefined): ReadonlySet<string> {
    return isCodecPath(path) ? this.#atCodec : this.#origins;
  }

  /** Why a request for a path must not be served, FORBIDDEN or for want of a host VALIDATION_FAILED; undefined when it may. */
  refusal({ host, origin }: IncomingHttpHeaders, path?: string): CircuitBreakerError | undefined {
    if (host === undefined) {
      return new CircuitBreakerError('VALIDATION_FAILED', 'The request does not say for which host it is: send Host.');
    }
    if (!this.#isOurs(host)) {
      return forbidden(`This API does not answer for the host ${shown(host)}: add its origin to CORS_ORIGINS.`);
    }
    if (origin === undefined || originHost(origin) === host.toLowerCase()) return undefined;
    if (this.originsAt(path).has(origin)) return undefined;
    const how = isCodecPath(path)
      ? 'set TEMPORAL_UI_URL if they are of your Temporal UI'
      : 'add that origin to CORS_ORIGINS';
    return forbidden(`Pages of ${shown(origin)} may not use this API: ${how}.`);
  }

  #isOurs(host: string): boolean {
    const hostname = parsedUrl(`http://${host}`)?.hostname;
    if (hostname === undefined) return false;
    return this.#servesEveryHost || isLoopback(hostname) || this.#hosts.has(hostname);
  }
}

/** A server on this machine has two names. */
function originsOf(uiUrl: string): readonly string[] {
  const { origin, protocol, hostname, port } = new URL(uiUrl);
  if (!isLoopback(hostname)) return [origin];
  return ['localhost', '127.0.0.1'].map((name) => new URL(`${protocol}//${name}:${port}`).origin);
}

/** Host and port; the scheme may have been changed by a proxy that speaks TLS. */
function originHost(origin: string): string | undefined {
  return parsedUrl(origin)?.host;
}

function forbidden(message: string): CircuitBreakerError {
  return new CircuitBreakerError('FORBIDDEN', message);
}

function shown(text: string): string {
  return JSON.stringify(shortened(text, 200));
}
