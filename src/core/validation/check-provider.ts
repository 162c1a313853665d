import type { LlmProvider, ProviderType } from '../agents/agent.js';
import { isHeaderText, referencesIn } from '../agents/header-references.js';
import { jsonPointer } from '../json/json-pointer.js';
import type { Problem } from '../json/problem.js';
import { isJsonObject, ownValue, type JsonValue } from '../json/json.js';
import { parsedUrl } from '../parsed-url.js';
import { isCredentialName, isSecretName, withoutKeys } from '../secrets.js';
import { EXECUTION_ERROR_CODES, type ProblemCode } from '../codes.js';

/** What is wrong with an option's value, as the end of the sentence "`name` must be …". */
type OptionRule = (value: JsonValue) => string | undefined;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A secret header may hold a scheme and one reference, so that no part of a key can hide beside the reference. */
const REFERENCE_ONLY = /^(?:[A-Za-z][A-Za-z-]* )?\$\{CREDENTIAL_[A-Z0-9_]+\}$/;
/** Set by the connection itself: a definition that changed them would break the framing of the request. */
const OWN_HEADERS = ['host', 'content-length', 'content-type', 'transfer-encoding', 'connection', 'accept'];
/** What the adapters decide and a definition must not overrule: it would change what is read back. */
const OWN_BODY_FIELDS = ['model', 'messages', 'input', 'contents', 'stream', 'stream_options', 'tools', 'n'];

const API_OPTIONS: Readonly<Record<string, OptionRule>> = {
  structuredOutput: oneOf('json_schema', 'json_object', 'prompt'),
  contextTokens: wholeNumberFrom(256),
  extraBody: checkExtraBody,
  omit: checkOmitted,
  firstByteTimeoutSeconds: numberBetween(1, 3600),
  idleTimeoutSeconds: numberBetween(1, 3600),
};

/** Of providers that are asked to keep the beginnings of prompts. */
const promptCaching: OptionRule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

const tokenLimitField = oneOf('max_tokens', 'max_completion_tokens');
/** Both become parts of a path or a query. */
const pathWord: OptionRule = (value) =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(value)
    ? undefined
    : 'a text of letters, digits, `.`, `_` and `-`';

const OPENAI_OPTIONS: Readonly<Record<string, OptionRule>> = {
  ...API_OPTIONS,
  api: oneOf('responses', 'chat_completions'),
  apiVersion: pathWord,
  deployment: pathWord,
  tokenLimitField,
  promptCaching,
};

const MOCK_OPTIONS: Readonly<Record<string, OptionRule>> = {
  responses: (value) =>
    Array.isArray(value) && value.length > 0 ? undefined : 'a list of at least one answer, each a text or a JSON value',
  delayMs: numberBetween(0, 60_000),
  failAtChunk: wholeNumberFrom(0),
  failWith: oneOf(...EXECUTION_ERROR_CODES),
  failAttempts: wholeNumberFrom(1),
};

const OPTIONS: Readonly<Record<ProviderType, Readonly<Record<string, OptionRule>>>> = {
  openai: OPENAI_OPTIONS,
  anthropic: { ...API_OPTIONS, promptCaching },
  google: { ...API_OPTIONS, apiVersion: pathWord },
  ollama: API_OPTIONS,
  custom: { ...API_OPTIONS, tokenLimitField, promptCaching },
  mock: MOCK_OPTIONS,
};

/** Everything that is wrong with a provider, all at once. Pointers are relative to the provider. */
export function checkProvider(provider: LlmProvider): readonly Problem[] {
  return [
    ...checkBaseUrl(provider),
    ...checkCredential(provider),
    ...Object.entries(provider.headers).flatMap(([name, value]) => checkHeader(name, value)),
    ...checkOptions(provider),
    ...checkAzure(provider),
  ];
}

function checkBaseUrl(provider: LlmProvider): readonly Problem[] {
  if (provider.baseUrl === undefined) {
    if (provider.type !== 'custom') return [];
    return [problem('BASE_URL_MISSING', '/baseUrl', 'a custom provider needs the `baseUrl` of its server')];
  }
  const url = parsedUrl(provider.baseUrl);
  const fault =
    url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')
      ? 'must begin with http:// or https://'
      : url.username !== '' || url.password !== ''
        ? 'must not hold a user or password: name a `credential`'
        : url.search !== '' || url.hash !== ''
          ? 'must not have a query or fragment'
          : undefined;
  return fault === undefined ? [] : [problem('BASE_URL_INVALID', '/baseUrl', `the base URL ${fault}`)];
}

function checkCredential(provider: LlmProvider): readonly Problem[] {
  if (provider.credential === undefined) return [];
  if (!isCredentialName(provider.credential)) {
    const message = '`credential` must name an environment variable CREDENTIAL_…, not hold a key';
    return [problem('CREDENTIAL_INVALID', '/credential', message)];
  }
  if (Object.keys(provider.headers).some((name) => name.toLowerCase() === 'authorization')) {
    const message = '`credential` and an Authorization header say two things: keep one of them';
    return [problem('CREDENTIAL_INVALID', '/credential', message)];
  }
  return [];
}

function checkHeader(name: string, value: string): readonly Problem[] {
  const pointer = jsonPointer(['headers', name]);
  if (!HEADER_NAME.test(name)) return [problem('HEADER_INVALID', pointer, 'this is not the name of an HTTP header')];
  if (OWN_HEADERS.includes(name.toLowerCase())) {
    return [problem('HEADER_INVALID', pointer, `the header ${name} is set by the connection itself`)];
  }
  if (!isHeaderText(value)) {
    return [problem('HEADER_INVALID', pointer, `the header ${name} has a line break or another character not allowed`)];
  }
  if ((isSecretName(name) || withoutKeys(value) !== value) && !REFERENCE_ONLY.test(value)) {
    const message = `the header ${name} may not hold a secret: set it to \${CREDENTIAL_…} and put the key into that environment variable`;
    return [problem('HEADER_SECRET', pointer, message)];
  }
  const wrong = referencesIn(value).filter((reference) => !isCredentialName(reference));
  return wrong.map((reference) =>
    problem('HEADER_REFERENCE_INVALID', pointer, `\${${reference}} is not the name of a CREDENTIAL_… variable`),
  );
}

function checkOptions(provider: LlmProvider): readonly Problem[] {
  const rules = OPTIONS[provider.type];
  return Object.entries(provider.options).flatMap(([name, value]) => {
    const pointer = jsonPointer(['options', name]);
    if (isSecretName(name)) return [apiKeyInDefinition(pointer)];
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) return [problem('OPTION_UNKNOWN', pointer, unknownOption(provider.type, name))];
    const fault = rule(value);
    if (fault !== undefined) return [problem('OPTION_INVALID', pointer, `\`${name}\` must be ${fault}`)];
    return name === 'extraBody' ? secretFields(value, pointer) : [];
  });
}

/** Texts, at any depth, under names that say that they are secret. */
function secretFields(value: JsonValue, pointer: string): readonly Problem[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const place = jsonPointer([name], pointer);
    return typeof member === 'string' && isSecretName(name) ? [apiKeyInDefinition(place)] : secretFields(member, place);
  });
}

/** Azure has a host for each of its customers, and a version in every address. */
function checkAzure({ type, baseUrl, options }: LlmProvider): readonly Problem[] {
  if (type !== 'openai') return [];
  const isAzure = ownValue(options, 'apiVersion') !== undefined;
  if (isAzure && baseUrl === undefined) {
    const message = '`apiVersion` is for Azure, which also needs the `baseUrl` of its resource';
    return [problem('BASE_URL_MISSING', '/baseUrl', message)];
  }
  if (isAzure || ownValue(options, 'deployment') === undefined) return [];
  return [problem('OPTION_INVALID', '/options/deployment', '`deployment` is for Azure, which also needs `apiVersion`')];
}

function unknownOption(type: ProviderType, name: string): string {
  const known = Object.keys(OPTIONS[type]);
  const may = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  return `the provider ${type} has no option \`${name}\`: ${may}`;
}

function apiKeyInDefinition(pointer: string): Problem {
  const message =
    'a definition never holds a key: put it into an environment variable CREDENTIAL_… and name that as `credential`';
  return problem('API_KEY_IN_DEFINITION', pointer, message);
}

function checkOmitted(value: JsonValue): string | undefined {
  const isPath = (path: unknown) =>
    typeof path === 'string' && /^[A-Za-z_]\w{0,99}(?:\.[A-Za-z_]\w{0,99}){0,3}$/.test(path);
  return Array.isArray(value) && value.length <= 50 && value.every(isPath)
    ? undefined
    : 'a list of fields of the request, such as "stream_options" or "generationConfig.topP"';
}

function checkExtraBody(value: JsonValue): string | undefined {
  if (!isJsonObject(value)) return 'an object';
  const own = OWN_BODY_FIELDS.find((field) => ownValue(value, field) !== undefined);
  return own === undefined ? undefined : `an object without \`${own}\`, which is set by the agent itself`;
}

function oneOf(...values: readonly string[]): OptionRule {
  return (value) => (typeof value === 'string' && values.includes(value) ? undefined : `one of ${values.join(', ')}`);
}

function numberBetween(least: number, most: number): OptionRule {
  return (value) =>
    typeof value === 'number' && value >= least && value <= most ? undefined : `a number from ${least} to ${most}`;
}

function wholeNumberFrom(least: number): OptionRule {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least
      ? undefined
      : `a whole number from ${least} on`;
}

function problem(code: ProblemCode, pointer: string, message: string): Problem {
  return { code, pointer, message };
}
