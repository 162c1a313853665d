import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload, type RemoteJWKSet } from 'jose';

import type { Caller } from '../../core/access/caller.js';
import { isRole, ROLES, type Role } from '../../core/access/role.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';
import type { BearerCheck } from './doorkeeper.js';
import { WithoutRole } from './without-role.js';

export interface SignOnOptions {
  /** Exactly as its tokens name it. */
  readonly issuer: string;
  readonly audience: string;
  /** The name of the claim that has the role, or the roles; with dots, of one within another. */
  readonly roleClaim: string;
}

/** Those that need a key that only the issuer has: with others, whoever knows the public one could sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** What clocks may be apart. */
const TOLERANCE_SECONDS = 30;
const DISCOVERED_WITHIN_MS = 5000;
/** For so long an issuer that did not answer is not asked again. */
const AWAY_MS = 2000;
/** After so long its keys are read again, and after so long at the soonest for one that is not among them. */
const KEYS = { cacheMaxAge: 600_000, cooldownDuration: 5000, timeoutDuration: 5000 };
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** A company's sign-on (OpenID Connect): callers show a JWT of its issuer, which is judged by the issuer's keys. */
export class SignOn implements BearerCheck {
  readonly #options: SignOnOptions;
  #keys: Promise<RemoteJWKSet> | undefined;
  #away: { readonly until: number; readonly error: unknown } | undefined;

  constructor(options: SignOnOptions) {
    this.#options = options;
  }

  /** Throws UNAVAILABLE where the issuer does not answer, FORBIDDEN for a caller to whom it gives no role of ours. */
  async find(token: string, now: number): Promise<Caller | undefined> {
    if (!JWT.test(token) || issuerOf(token) !== this.#options.issuer) return undefined;
    const payload = await this.#verified(token, now);
    if (payload === undefined) return undefined;
    const { sub: name = '', exp = 0 } = payload;
    return { by: 'sign-on', name, role: this.#roleOf(payload), expiresAt: (exp + TOLERANCE_SECONDS) * 1000 };
  }

  /** Its tokens are good until they expire. */
  holds(): undefined {
    return undefined;
  }

  async #verified(token: string, now: number): Promise<JWTPayload | undefined> {
    const keys = await this.#discovered();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: this.#options.issuer,
        audience: this.#options.audience,
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(now),
        requiredClaims: ['sub', 'exp'],
      });
      return payload;
    } catch (error) {
      if (isWrongToken(error)) return undefined;
      throw this.#unavailable(error);
    }
  }

  /** The keys, where the issuer says that they are. They are asked for when they are needed first: it may be away before. */
  async #discovered(): Promise<RemoteJWKSet> {
    if (this.#away !== undefined && this.#away.until > performance.now()) throw this.#unavailable(this.#away.error);
    this.#keys ??= discover(this.#options.issuer);
    try {
      return await this.#keys;
    } catch (error) {
      this.#keys = undefined;
      this.#away = { until: performance.now() + AWAY_MS, error };
      throw this.#unavailable(error);
    }
  }

  #roleOf(payload: JWTPayload): Role {
    const given = claimAt(payload, this.#options.roleClaim);
    const roles = (Array.isArray(given) ? (given as unknown[]) : [given]).filter(isRole);
    const highest = ROLES.findLast((role) => roles.includes(role));
    if (highest !== undefined) return highest;
    const message = `The sign-on knows you, and gives you none of the roles ${ROLES.join(', ')}: its claim "${this.#options.roleClaim}" has to name one.`;
    throw new WithoutRole(payload.sub ?? '', message);
  }

  #unavailable(cause: unknown): CircuitBreakerError {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The sign-on at ${this.#options.issuer} cannot be asked for its keys (${why}): try again, or see OIDC_ISSUER.`;
    return new CircuitBreakerError('UNAVAILABLE', message, { retryAfterSeconds: 2 });
  }
}

async function discover(issuer: string): Promise<RemoteJWKSet> {
  const address = `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(DISCOVERED_WITHIN_MS), redirect: 'error' });
  const found: unknown = await response.json();
  const { issuer: named, jwks_uri: keys } = found as Readonly<Record<string, unknown>>;
  if (!response.ok || named !== issuer) throw new Error('it does not say that it is this issuer');
  const keysUrl = typeof keys === 'string' ? parsedUrl(keys) : undefined;
  if (keysUrl === undefined) throw new Error('it does not say where its keys are');
  return createRemoteJWKSet(keysUrl, KEYS);
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** What is wrong with the token itself, and not with how it was looked at. */
function isWrongToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}

/** Names of claims may have dots themselves, as addresses do. */
function claimAt(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}
