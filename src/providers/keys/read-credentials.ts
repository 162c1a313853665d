import { isHeaderText } from '../../core/agents/header-references.js';
import { badVariables } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { isCredentialName } from '../../core/secrets.js';
import type { BoundCredential, Credentials, NamedKey, ProviderAccount } from './host-bound-keys.js';

/** What configuration read about providers; empty values count as absent. */
export interface ProviderSettings {
  readonly accounts?: Readonly<Partial<Record<AccountName, AccountSettings>>>;
  /** `CREDENTIAL_*` variables and their `CREDENTIAL_*_HOSTS`, as they are in the environment. */
  readonly credentials: Readonly<Record<string, string>>;
}

interface AccountSettings {
  readonly apiKey?: string;
  /** Separated by commas, as are `baseUrls`. */
  readonly apiKeys?: string;
  readonly baseUrl?: string;
  readonly baseUrls?: string;
}

const ACCOUNTS = ['openai', 'anthropic', 'google', 'ollama'] as const;
type AccountName = (typeof ACCOUNTS)[number];

/** Of one variable: each call looks at all of them. */
const MOST_KEYS = 100;
const MOST_ADDRESSES = 20;

/** Also the program of an MCP server, which has no host: `mcp/<server>`. */
const HOST = /^(?:mcp\/[a-z0-9_.-]{1,64}|(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::\d{1,5})?)$/;

/**
 * `secrets`: those of the whole process, which no provider's words may repeat. Throws VALIDATION_FAILED on the first bad
 * variable, by its name and the place in its list, and without a secret's value.
 */
export function readCredentials(settings: ProviderSettings, secrets: readonly string[] = []): Credentials {
  const variables = new Map(Object.entries(settings.credentials));
  const named = [...variables].flatMap(([name, value]): [string, BoundCredential][] => {
    const keys = isCredentialName(name) ? readKeys(name, value) : [];
    if (keys.length === 0) return [];
    return [[name, { secret: value.trim(), keys, hosts: readHosts(`${name}_HOSTS`, variables) }]];
  });
  const accounts = ACCOUNTS.map((name) => [name, readAccount(name, settings.accounts?.[name] ?? {})] as const);
  const keys = [
    ...accounts.flatMap(([, account]) => account.keys),
    ...named.flatMap(([, credential]) => credential.keys),
  ];
  return {
    accounts: Object.fromEntries(accounts),
    named: new Map(named),
    secrets: [...new Set([...secrets, ...keys.map(({ secret }) => secret), ...named.map(([, { secret }]) => secret)])],
  };
}

/** The addresses that an account names: as they are, each once. */
export function addressesOf({ baseUrl = '', baseUrls = '' }: AccountSettings): readonly string[] {
  return [...new Set([baseUrl.trim(), ...entriesOf(baseUrls)])].filter((address) => address !== '');
}

/** A key that the variable for one has, too, or that a list has twice, is one key. */
function readAccount(name: AccountName, account: AccountSettings): ProviderAccount {
  const variable = name.toUpperCase();
  const keys = [
    ...readKey(`${variable}_API_KEY`, account.apiKey ?? ''),
    ...readKeys(`${variable}_API_KEYS`, account.apiKeys ?? ''),
  ];
  return { keys: eachOnce(keys), baseUrls: readAddresses(variable, account) };
}

function readAddresses(variable: string, account: AccountSettings): readonly string[] {
  const { baseUrl = '' } = account;
  if (baseUrl.trim() !== '' && parsedUrl(baseUrl) === undefined)
    throw badVariable(`${variable}_BASE_URL`, 'is not an http(s) address');
  const { baseUrls = '' } = account;
  const listed = entriesOf(baseUrls);
  if (listed.length === 0 && baseUrls.trim() !== '') throw badVariable(`${variable}_BASE_URLS`, NOTHING);
  const wrong = listed.findIndex((address) => !/^https?:/i.test(address) || parsedUrl(address) === undefined);
  if (wrong !== -1) throw badVariable(`${variable}_BASE_URLS`, `has no http(s) address in place ${wrong + 1}`);
  if (listed.length > MOST_ADDRESSES) {
    throw badVariable(`${variable}_BASE_URLS`, `has ${listed.length} addresses; it may have ${MOST_ADDRESSES}`);
  }
  return addressesOf(account);
}

/** Keys are often read from files and end in a line break, which a header must not carry. */
function readKey(variable: string, value: string): readonly NamedKey[] {
  const secret = value.trim();
  if (!isHeaderText(secret)) throw badVariable(variable, NO_HEADER);
  return secret === '' ? [] : [{ secret, source: variable, variable }];
}

/** A list of keys, without what is empty in it. A file may have a line break behind each comma. */
function readKeys(variable: string, value: string): readonly NamedKey[] {
  const entries = entriesOf(value);
  if (entries.length === 0 && value.trim() !== '') throw badVariable(variable, NOTHING);
  if (entries.length < 2) return readKey(variable, entries[0] ?? '');
  const wrong = entries.findIndex((entry) => !isHeaderText(entry));
  if (wrong !== -1) throw badVariable(variable, `${NO_HEADER}, in key ${wrong + 1} of its list`);
  if (entries.length > MOST_KEYS) throw badVariable(variable, `has ${entries.length} keys; it may have ${MOST_KEYS}`);
  return eachOnce(entries.map((secret, at) => ({ secret, source: `${variable}, key ${at + 1}`, variable })));
}

/** Whoever made it from another variable is to hear that that was empty. */
const NOTHING = 'has commas and nothing between them: give it a value, or leave it out';
const NO_HEADER = 'has a line break or another character that a header cannot carry';

function entriesOf(list: string): readonly string[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** The first of those that are the same stands. */
function eachOnce(keys: readonly NamedKey[]): readonly NamedKey[] {
  return keys.filter(({ secret }, at) => keys.findIndex((key) => key.secret === secret) === at);
}

function readHosts(name: string, variables: ReadonlyMap<string, string>): readonly string[] {
  const hosts = entriesOf((variables.get(name) ?? '').toLowerCase());
  const wrong = hosts.find((host) => !HOST.test(host));
  if (wrong === undefined) return hosts;
  throw badVariable(name, `has "${wrong}"; it may be a comma-separated list of host, host:port or mcp/<server>`);
}

function badVariable(name: string, fault: string): Error {
  return badVariables([{ name, message: `${name} ${fault}` }]);
}
