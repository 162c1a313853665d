import { isHeaderText } from '../../core/agents/header-references.js';
import { badVariables } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { isCredentialName } from '../../core/secrets.js';
import type { BoundCredential, Credentials, ProviderAccount } from './host-bound-keys.js';

/** What configuration read about providers; empty values count as absent. */
export interface ProviderSettings {
  readonly accounts?: Readonly<Partial<Record<AccountName, { readonly apiKey?: string; readonly baseUrl?: string }>>>;
  /** `CREDENTIAL_*` variables and their `CREDENTIAL_*_HOSTS`, as they are in the environment. */
  readonly credentials: Readonly<Record<string, string>>;
}

const ACCOUNTS = ['openai', 'anthropic', 'google', 'ollama'] as const;
type AccountName = (typeof ACCOUNTS)[number];

/** Also the program of an MCP server, which has no host: `mcp/<server>`. */
const HOST = /^(?:mcp\/[a-z0-9_.-]{1,64}|(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::\d{1,5})?)$/;

/**
 * `secrets`: those of the whole process, which no provider's words may repeat. Throws VALIDATION_FAILED on the first bad
 * variable, by its name and without a secret's value.
 */
export function readCredentials(settings: ProviderSettings, secrets: readonly string[] = []): Credentials {
  const variables = new Map(Object.entries(settings.credentials));
  const named = [...variables].flatMap(([name, value]): [string, BoundCredential][] => {
    const secret = isCredentialName(name) ? readSecret(name, value) : undefined;
    return secret === undefined ? [] : [[name, { secret, hosts: readHosts(`${name}_HOSTS`, variables) }]];
  });
  const accounts = ACCOUNTS.map((name) => [name, readAccount(name, settings.accounts?.[name] ?? {})] as const);
  const keys = [...accounts.map(([, { apiKey }]) => apiKey), ...named.map(([, { secret }]) => secret)];
  return {
    accounts: Object.fromEntries(accounts),
    named: new Map(named),
    secrets: [...new Set([...secrets, ...keys.filter((key) => key !== undefined)])],
  };
}

function readAccount(name: AccountName, account: { apiKey?: string; baseUrl?: string }): ProviderAccount {
  const apiKey = readSecret(`${name.toUpperCase()}_API_KEY`, account.apiKey ?? '');
  const baseUrl = account.baseUrl?.trim() ?? '';
  const variable = `${name.toUpperCase()}_BASE_URL`;
  if (baseUrl !== '' && parsedUrl(baseUrl) === undefined) throw badVariable(variable, 'is not an http(s) address');
  return { ...(apiKey === undefined ? {} : { apiKey }), ...(baseUrl === '' ? {} : { baseUrl }) };
}

/** Keys are often read from files and end in a line break, which a header must not carry. */
function readSecret(name: string, value: string): string | undefined {
  const secret = value.trim();
  if (!isHeaderText(secret))
    throw badVariable(name, 'has a line break or another character that a header cannot carry');
  return secret === '' ? undefined : secret;
}

function readHosts(name: string, variables: ReadonlyMap<string, string>): readonly string[] {
  const hosts = (variables.get(name) ?? '')
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
  const wrong = hosts.find((host) => !HOST.test(host));
  if (wrong === undefined) return hosts;
  throw badVariable(name, `has "${wrong}"; it may be a comma-separated list of host, host:port or mcp/<server>`);
}

function badVariable(name: string, fault: string): Error {
  return badVariables([{ name, message: `${name} ${fault}` }]);
}
