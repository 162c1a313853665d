import type { LlmProvider } from '../../core/agents/agent.js';
import { fillReferences, referencesIn } from '../../core/agents/header-references.js';
import { ModelError } from '../../core/executions/model-error.js';
import { shownAddress } from '../../core/secrets.js';
import { endpointId } from './endpoint-id.js';
import { baseUrlsOf, namedKeys, needsKey, ownKeys, type Credentials, type NamedKey } from './host-bound-keys.js';

/** Where one call goes and what it may carry. Made per call and dropped with it. */
export interface Endpoint {
  /** The same in all processes for the same address and the same key, which it does not tell. */
  readonly id: string;
  /** What a person calls it: the place of its key in a list, and its address where there are several. */
  readonly name: string;
  readonly baseUrl: URL;
  /** The definition's headers with references filled in; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be sent in the provider's own way; absent: the call is made without a key. */
  readonly key?: string;
  /** What a person would change about the key, for messages. */
  readonly keySource: string;
  /** Everything that a message must not repeat: also what other agents may have sent to the same server. */
  readonly secrets: readonly string[];
}

export type Endpoints = readonly [Endpoint, ...Endpoint[]];

/**
 * All that a call may go to: each address with each key that it may have. Throws ModelError `auth` when a named credential is
 * missing or bound to none of the hosts, or a key is needed.
 */
export function resolveEndpoints(provider: LlmProvider, credentials: Credentials): Endpoints {
  const baseUrls = baseUrlsOf(provider, credentials);
  const found = baseUrls.map((baseUrl) => endpointsAt(baseUrl, provider, credentials));
  const [first, ...others] = found.flatMap((at) => (at instanceof ModelError ? [] : at));
  // What one address may not have goes to the others.
  if (first === undefined) throw found.find((at) => at instanceof ModelError) ?? new TypeError('no endpoint');
  if (baseUrls.length === 1) return [first, ...others];
  return [withAddress(first), ...others.map(withAddress)];
}

function endpointsAt(baseUrl: URL, provider: LlmProvider, credentials: Credentials): readonly Endpoint[] | ModelError {
  try {
    const varied = variedKeys(provider, baseUrl, credentials);
    const choices = varied.keys.length === 0 ? [undefined] : varied.keys;
    return choices.map((key) => endpointWith(key, { baseUrl, provider, credentials, reference: varied.reference }));
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
}

interface VariedKeys {
  readonly keys: readonly NamedKey[];
  /** The credential of a header that they are of; absent: they go in the provider's own way. */
  readonly reference?: string;
}

/** Of which list one is chosen for each call: the credential's, else that of a header which names several, else the provider's own. */
function variedKeys(provider: LlmProvider, baseUrl: URL, credentials: Credentials): VariedKeys {
  if (provider.credential !== undefined) return { keys: namedKeys(provider.credential, baseUrl, credentials) };
  const references = Object.values(provider.headers).flatMap(referencesIn);
  const listed = references.map((reference) => ({ keys: namedKeys(reference, baseUrl, credentials), reference }));
  const several = listed.find(({ keys }) => keys.length > 1);
  return several ?? { keys: ownKeys(provider.type, baseUrl, credentials) };
}

interface Place {
  readonly baseUrl: URL;
  readonly provider: LlmProvider;
  readonly credentials: Credentials;
  readonly reference: string | undefined;
}

function endpointWith(chosen: NamedKey | undefined, { baseUrl, provider, credentials, reference }: Place): Endpoint {
  const secret = (name: string): string => {
    const key = name === reference ? chosen : namedKeys(name, baseUrl, credentials)[0];
    return key?.secret ?? '';
  };
  const headers = fillHeaders(provider, secret);
  const authorized = headers['authorization'] !== undefined;
  const key = reference === undefined ? chosen : ownKeys(provider.type, baseUrl, credentials)[0];
  const { secrets } = credentials;
  const carriedSecrets = [key?.secret ?? '', ...Object.values(provider.headers).flatMap(referencesIn).map(secret)];
  const place = { id: endpointId(baseUrl, carriedSecrets), baseUrl, headers, secrets };
  if (reference !== undefined && chosen !== undefined) {
    const carried = key === undefined ? {} : { key: key.secret };
    return { ...place, ...carried, name: chosen.source, keySource: chosen.source };
  }
  if (key !== undefined)
    return { ...place, name: key.source, key: key.secret, keySource: sourceOf(key, provider, authorized) };
  const ownVariable = ownKeyVariable(provider, authorized);
  if (!authorized && needsKey(provider.type, baseUrl)) {
    throw new ModelError(
      'auth',
      `No key for ${baseUrl.host}: set ${ownVariable} for the worker, or use the mock provider (llmProvider: { type: mock, model: mock-1 }).`,
    );
  }
  // The provider's own key does not go there: it is not what to check.
  return { ...place, name: baseUrl.host, keySource: authorized ? ownVariable : "the agent's `credential`" };
}

/** Of a provider's own key beside an Authorization header, that header is what to check. */
function sourceOf(key: NamedKey, { credential }: LlmProvider, authorized: boolean): string {
  return authorized && credential === undefined ? AUTHORIZATION : key.source;
}

function withAddress(endpoint: Endpoint): Endpoint {
  const address = shownAddress(endpoint.baseUrl);
  const { key, name } = endpoint;
  return { ...endpoint, name: key === undefined ? address : `${name} at ${address}` };
}

function fillHeaders(provider: LlmProvider, secret: (name: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(provider.headers).map(([name, value]) => [name.toLowerCase(), fillReferences(value, secret)]),
  );
}

const AUTHORIZATION = 'the credential of the Authorization header';

function ownKeyVariable(provider: LlmProvider, authorized: boolean): string {
  if (authorized) return AUTHORIZATION;
  if (provider.type === 'custom') return "the agent's `credential`";
  return `${provider.type.toUpperCase()}_API_KEY`;
}
