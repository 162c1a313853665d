import type { LlmProvider } from '../../core/agents/agent.js';
import { fillReferences } from '../../core/agents/header-references.js';
import { ModelError } from '../../core/executions/model-error.js';
import { baseUrlOf, namedSecret, needsKey, ownKey, type Credentials } from './host-bound-keys.js';

/** Where one call goes and what it may carry. Made per call and dropped with it. */
export interface Endpoint {
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

/** Throws ModelError `auth` when a named credential is missing or not bound to the host, or a key is needed. */
export function resolveEndpoint(provider: LlmProvider, credentials: Credentials): Endpoint {
  const baseUrl = baseUrlOf(provider, credentials);
  const secret = (name: string): string => namedSecret(name, baseUrl, credentials);
  const headers = fillHeaders(provider, secret);
  const authorized = headers['authorization'] !== undefined;
  const { key, keySource } =
    provider.credential !== undefined
      ? { key: secret(provider.credential), keySource: provider.credential }
      : { key: ownKey(provider.type, baseUrl, credentials), keySource: ownKeyVariable(provider, authorized) };
  if (key === undefined && !authorized && needsKey(provider.type, baseUrl)) {
    throw new ModelError(
      'auth',
      `No key for ${baseUrl.host}: set ${keySource} for the worker, or use the mock provider (llmProvider: { type: mock, model: mock-1 }).`,
    );
  }
  const { secrets } = credentials;
  if (key !== undefined) return { baseUrl, headers, key, keySource, secrets };
  // The provider's own key does not go there: it is not what to check.
  return { baseUrl, headers, keySource: authorized ? keySource : "the agent's `credential`", secrets };
}

function fillHeaders(provider: LlmProvider, secret: (name: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(provider.headers).map(([name, value]) => [name.toLowerCase(), fillReferences(value, secret)]),
  );
}

function ownKeyVariable(provider: LlmProvider, authorized: boolean): string {
  if (authorized) return 'the credential of the Authorization header';
  if (provider.type === 'custom') return "the agent's `credential`";
  return `${provider.type.toUpperCase()}_API_KEY`;
}
