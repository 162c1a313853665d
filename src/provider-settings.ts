import { z } from 'zod';

/** What the environment says of providers. Keys and addresses are judged where they are read for use: `readCredentials`. */
export interface ProviderConfig {
  readonly accounts: Readonly<Record<ProviderAccountName, ProviderAccountConfig>>;
  /** CREDENTIAL_* variables and their *_HOSTS, as they are. */
  readonly credentials: Readonly<Record<string, string>>;
}

export type ProviderAccountName = 'openai' | 'anthropic' | 'google' | 'ollama';

/** As the variables have it: `apiKeys` and `baseUrls` are lists, separated by commas. */
export interface ProviderAccountConfig {
  readonly apiKey?: string;
  readonly apiKeys?: string;
  readonly baseUrl?: string;
  readonly baseUrls?: string;
}

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional();
const text = z.string().optional();

/** The variables of the providers' accounts. */
export const PROVIDER_VARIABLES = {
  OPENAI_API_KEY: text,
  OPENAI_API_KEYS: text,
  OPENAI_BASE_URL: httpUrl,
  OPENAI_BASE_URLS: text,
  ANTHROPIC_API_KEY: text,
  ANTHROPIC_API_KEYS: text,
  ANTHROPIC_BASE_URL: httpUrl,
  ANTHROPIC_BASE_URLS: text,
  GOOGLE_API_KEY: text,
  GOOGLE_API_KEYS: text,
  GOOGLE_BASE_URL: httpUrl,
  GOOGLE_BASE_URLS: text,
  OLLAMA_API_KEY: text,
  OLLAMA_API_KEYS: text,
  OLLAMA_BASE_URL: httpUrl,
  OLLAMA_BASE_URLS: text,
};
type Values = z.infer<z.ZodObject<typeof PROVIDER_VARIABLES>>;

/** `set` has the variables that are not empty. */
export function providerSettings(values: Values, set: Readonly<Record<string, string | undefined>>): ProviderConfig {
  const credentials = Object.entries(set).filter(([name]) => name.startsWith('CREDENTIAL_'));
  return {
    credentials: Object.fromEntries(credentials.map(([name, value]) => [name, value ?? ''])),
    accounts: {
      openai: account('OPENAI', values),
      anthropic: account('ANTHROPIC', values),
      google: account('GOOGLE', values),
      ollama: account('OLLAMA', values),
    },
  };
}

function account(name: Uppercase<ProviderAccountName>, values: Values): ProviderAccountConfig {
  const { [`${name}_API_KEY` as const]: apiKey, [`${name}_API_KEYS` as const]: apiKeys } = values;
  const { [`${name}_BASE_URL` as const]: baseUrl, [`${name}_BASE_URLS` as const]: baseUrls } = values;
  return {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(apiKeys === undefined ? {} : { apiKeys }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(baseUrls === undefined ? {} : { baseUrls }),
  };
}
