import type { LlmProvider, ProviderType } from '../../core/agents/agent.js';
import { isLoopback } from '../../core/loopback.js';
import { ModelError } from '../../core/executions/model-error.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { hostRuleOf, type HostRule } from '../../core/web-hosts.js';

/** The secrets of this process, as configuration read them. They go into request headers, and nowhere else. */
export interface Credentials {
  /** A provider's own account: its key goes to the provider's own host and to `baseUrl`. */
  readonly accounts: Readonly<Partial<Record<ProviderType, ProviderAccount>>>;
  /** By variable name, `CREDENTIAL_…`. */
  readonly named: ReadonlyMap<string, BoundCredential>;
  /** Everything that no message may repeat: these, and whatever else of this process is secret. */
  readonly secrets: readonly string[];
}

export interface ProviderAccount {
  /** Any of them may go with a call. */
  readonly keys: readonly NamedKey[];
  /** Any of them may be called. */
  readonly baseUrls: readonly string[];
}

export interface NamedKey {
  readonly secret: string;
  /** Where it is written, for people: its variable, and its place in a list. */
  readonly source: string;
  readonly variable: string;
}

export interface BoundCredential {
  /** The variable as it is: what tools are handed. */
  readonly secret: string;
  /** The keys that it lists: one of them goes with a model call. */
  readonly keys: readonly NamedKey[];
  /** `host` (any port), `host:port` or `mcp/<server>`, in lower case. Empty: it goes nowhere. */
  readonly hosts: readonly string[];
}

/** With the first of several keys and addresses, everywhere. */
export function withOneKey({ accounts, named, secrets }: Credentials): Credentials {
  const ofAccount = ({ keys, baseUrls }: ProviderAccount) => ({
    keys: keys.slice(0, 1),
    baseUrls: baseUrls.slice(0, 1),
  });
  return {
    accounts: Object.fromEntries(Object.entries(accounts).map(([type, account]) => [type, ofAccount(account)])),
    named: new Map([...named].map(([name, bound]) => [name, { ...bound, keys: bound.keys.slice(0, 1) }])),
    secrets,
  };
}

const OWN_BASE_URLS: Readonly<Partial<Record<ProviderType, string>>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
  google: 'https://generativelanguage.googleapis.com',
  ollama: 'http://localhost:11434',
};

/** Where a provider's calls may go: to the agent's own `baseUrl`, else to the account's, else to the provider's host. */
export function baseUrlsOf({ type, baseUrl }: LlmProvider, credentials: Credentials): readonly [URL, ...URL[]] {
  const named = credentials.accounts[type]?.baseUrls ?? [];
  const addresses = baseUrl !== undefined ? [baseUrl] : named.length > 0 ? named : [OWN_BASE_URLS[type] ?? ''];
  const [first, ...others] = addresses.flatMap((address) => parsedUrl(address) ?? []);
  if (first === undefined) {
    throw new ModelError('invalid_request', `The ${type} provider of this agent needs a valid \`baseUrl\`.`);
  }
  return [first, ...others];
}

/** Host and port of every provider's own address, and of those that an account names: the word of whoever runs the process. */
export function placesOf({ accounts }: Credentials): readonly HostRule[] {
  const named = Object.values(accounts).flatMap(({ baseUrls }) => baseUrls);
  return [...Object.values(OWN_BASE_URLS), ...named].map((address) => hostRuleOf(new URL(address)));
}

/** Whether calls to `url` without a key cannot succeed: the provider's own host, except for a server run at home. */
export function needsKey(type: ProviderType, url: URL): boolean {
  return type !== 'ollama' && isOwnHost(type, url);
}

export function isOwnHost(type: ProviderType, url: URL): boolean {
  const own = OWN_BASE_URLS[type];
  return own !== undefined && new URL(own).origin === url.origin;
}

/**
 * The provider's own keys, when a request to `url` may carry one. Origins are compared, not host names: an agent that
 * names `http://` and the provider's host would otherwise send the key in clear text.
 */
export function ownKeys(type: ProviderType, url: URL, credentials: Credentials): readonly NamedKey[] {
  const account = credentials.accounts[type];
  if (account === undefined) return [];
  const trusted = account.baseUrls.some((address) => new URL(address).origin === url.origin);
  return trusted || isOwnHost(type, url) ? account.keys : [];
}

/** A secret for the place that asks for it, or why it does not go there and what to do. */
export type FoundSecret = { readonly secret: string } | { readonly problem: string };

/**
 * The keys of a `CREDENTIAL_…` variable, for a request to `url`: one at least. Throws `auth` when it is not bound to that host,
 * or would go over a network in clear text.
 */
export function namedKeys(name: string, url: URL, credentials: Credentials): readonly NamedKey[] {
  const found = secretForHost(name, url, credentials);
  if ('problem' in found) throw new ModelError('auth', found.problem);
  return credentials.named.get(name)?.keys ?? [];
}

/** Where it is not bound to that host, or would go over a network in clear text, there is none. */
export function secretForHost(name: string, url: URL, credentials: Credentials): FoundSecret {
  const credential = credentials.named.get(name);
  if (credential === undefined) return { problem: `${name} is not set in the environment of the worker.` };
  if (!credential.hosts.some((bound) => isBoundTo(bound, url))) {
    const fix = `Add the host to ${name}_HOSTS if it may have this key.`;
    return { problem: `${name} is not bound to ${url.host}, so it was not sent. ${fix}` };
  }
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    const fix = 'Let the base URL begin with https://: a key goes in clear text to this machine only.';
    return { problem: `${name} was not sent to ${url.host}, since the connection has no TLS. ${fix}` };
  }
  return credential;
}

/** For the environment of the program that is an MCP server: bound to it by `mcp/<server>` among its hosts. */
export function secretForServer(name: string, server: string, credentials: Credentials): FoundSecret {
  const credential = credentials.named.get(name);
  if (credential === undefined) return { problem: `${name} is not set in the environment of the worker.` };
  if (credential.hosts.includes(`mcp/${server}`.toLowerCase())) return credential;
  const fix = `Add mcp/${server} to ${name}_HOSTS if its program may have this key.`;
  return { problem: `${name} is not bound to the MCP server "${server}". ${fix}` };
}

function isBoundTo(bound: string, url: URL): boolean {
  const port = url.port !== '' ? url.port : url.protocol === 'https:' ? '443' : '80';
  return bound === url.hostname || bound === `${url.hostname}:${port}`;
}
