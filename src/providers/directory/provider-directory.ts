import type { LlmProvider } from '../../core/agents/agent.js';
import { ModelError } from '../../core/executions/model-error.js';
import { secretMask, shownAddress } from '../../core/secrets.js';
import { classifyAnswer, type ErrorContext } from '../failures/classify-answer.js';
import { baseUrlsOf, type Credentials } from '../keys/host-bound-keys.js';
import { resolveEndpoints, type Endpoint } from '../keys/endpoint.js';
import type { FailedAnswer } from '../failures/failed-answer.js';
import { GuardedCall, type CallLimits } from '../connection/guarded-call.js';
import { keysInWords, keyStatuses, type KeyAnswer } from './key-statuses.js';
import { readOfferedModels } from './offered-models.js';
import type { ProviderDependencies } from '../provider-dependencies.js';
import type { ProviderDirectory, ProviderStatus } from './provider-status.js';
import { wireFormatOf } from '../wire-formats.js';

const ACCOUNT_TYPES = ['openai', 'anthropic', 'google', 'ollama'] as const;
type AccountType = (typeof ACCOUNT_TYPES)[number];

/** A person waits for all of it; a server that lists its models more slowly than this answers no prompt in time either. */
const LIMITS: CallLimits = { totalMs: 5_000, firstByteMs: 4_000, idleMs: 3_000 };

/** Of the keys of an account; of the others is said what the workers know. */
const MOST_ASKED = 10;

const MOCK: ProviderStatus = {
  type: 'mock',
  works: true,
  message: 'Answers from a script, without a key and without a network.',
  models: [],
  keys: [],
};

/**
 * The accounts of this process, each asked for its list of models with its own keys: all at once, 5 seconds at most.
 * Ollama is there without configuration when it answers at its usual address. The mock always works.
 */
export function createProviderDirectory(dependencies: ProviderDependencies): ProviderDirectory {
  const { credentials } = dependencies;
  const mask = secretMask(credentials.secrets);
  return {
    check: async (signal = new AbortController().signal) => {
      signal.throwIfAborted();
      const types = ACCOUNT_TYPES.filter((type) => type === 'ollama' || isConfigured(type, credentials));
      const statuses = await Promise.all(types.map((type) => checkAccount(type, dependencies, signal)));
      const shown = statuses.filter(({ type, works }) => works || isConfigured(type, credentials));
      return [...shown.map((status) => masked(status, mask)), MOCK];
    },
  };
}

function isConfigured(type: ProviderStatus['type'], { accounts }: Credentials): boolean {
  const account = accounts[type];
  return account !== undefined && account.keys.length + account.baseUrls.length > 0;
}

async function checkAccount(
  type: AccountType,
  dependencies: ProviderDependencies,
  signal: AbortSignal,
): Promise<ProviderStatus> {
  const provider: LlmProvider = { type, model: '', headers: {}, options: {} };
  const baseUrl = baseUrlsOf(provider, dependencies.credentials).map(shownAddress).join(', ');
  try {
    const endpoints = resolveEndpoints(provider, dependencies.credentials);
    const asked = await Promise.all(
      endpoints.slice(0, MOST_ASKED).map(async (endpoint) => {
        return { endpoint, answer: await answerOf(provider, endpoint, { dependencies, signal }) };
      }),
    );
    const keys = await keyStatuses(endpoints, asked, dependencies.keyStore);
    return statusOf(
      asked.map(({ answer }) => answer),
      { type, baseUrl, keys },
    );
  } catch (error) {
    signal.throwIfAborted();
    return { type, baseUrl, ...failureOf(asModelError(error, baseUrl)), keys: [] };
  }
}

/** It works where one of its keys does. */
function statusOf(
  answers: readonly KeyAnswer[],
  account: Pick<ProviderStatus, 'keys'> & { readonly type: AccountType; readonly baseUrl: string },
): ProviderStatus {
  const working = answers.find((answer) => 'models' in answer);
  if (working !== undefined) {
    const message = `${offer(account.type, working.models)}${keysInWords(account.keys)}`;
    return { ...account, works: true, message, models: working.models };
  }
  return { ...account, ...failureOf(asModelError(answers[0], account.baseUrl)) };
}

function failureOf({ code, message }: ModelError): Pick<ProviderStatus, 'works' | 'errorCode' | 'message' | 'models'> {
  return { works: false, errorCode: code, message, models: [] };
}

interface Asking {
  readonly dependencies: ProviderDependencies;
  readonly signal: AbortSignal;
}

/** Rejects with the reason of the signal only. */
async function answerOf(provider: LlmProvider, endpoint: Endpoint, asking: Asking): Promise<KeyAnswer> {
  try {
    return { models: await askForModels(provider, endpoint, asking) };
  } catch (error) {
    asking.signal.throwIfAborted();
    return asModelError(error, shownAddress(endpoint.baseUrl));
  }
}

async function askForModels(
  provider: LlmProvider,
  { baseUrl, key, keySource, secrets }: Endpoint,
  { dependencies: { dispatcher }, signal }: Asking,
): Promise<readonly string[]> {
  const format = wireFormatOf(provider, baseUrl);
  const modelsUrl = format.modelsUrl(provider, baseUrl);
  const context: ErrorContext = { model: provider.model, keySource, secrets, prompts: [], sent: () => ({}) };
  const call = new GuardedCall({
    dispatcher,
    signal,
    limits: LIMITS,
    headers: { accept: 'application/json', 'user-agent': 'circuit-breaker', ...format.headers(provider, key) },
    secrets,
    classify: (answer) => classifyList(answer, modelsUrl, context),
  });
  try {
    return await readOfferedModels(call, format, modelsUrl);
  } catch (error) {
    throw call.explain(error);
  } finally {
    call.close();
  }
}

/** The request names no model and has no prompt, so a 404 does not mean what it means for a model call. */
function classifyList(answer: FailedAnswer, modelsUrl: URL, context: ErrorContext): ModelError {
  const isWebPage = /html/i.test(answer.contentType);
  if (isWebPage || (answer.status !== 404 && answer.status !== 405)) return classifyAnswer(answer, context);
  const advice = 'Check the base URL: it often ends in /v1.';
  const message = `${answer.host} lists no models at ${modelsUrl.pathname} (HTTP ${answer.status}). ${advice}`;
  return new ModelError('invalid_request', message, answer.facts);
}

function offer(type: AccountType, models: readonly string[]): string {
  if (models.length > 0) return `Offers ${models.length} ${models.length === 1 ? 'model' : 'models'}.`;
  return type === 'ollama' ? 'Has no model yet: `ollama pull llama3.2` gets one.' : 'Answers, and lists no models.';
}

/** What is not of the catalogue is a fault of ours: the directory says so and goes on. */
function asModelError(error: unknown, baseUrl: string): ModelError {
  if (error instanceof ModelError) return error;
  const reason = error instanceof Error ? error.name : typeof error;
  return new ModelError('network', `${baseUrl} could not be asked (${reason}).`);
}

/** Also the names of models: whoever answers there knows the key and may say it back. */
function masked(status: ProviderStatus, mask: (text: string) => string): ProviderStatus {
  const { baseUrl, message, models, keys } = status;
  return {
    ...status,
    ...(baseUrl === undefined ? {} : { baseUrl: mask(baseUrl) }),
    message: mask(message),
    models: models.map(mask),
    keys: keys.map((key) => ({ ...key, ...(key.message === undefined ? {} : { message: mask(key.message) }) })),
  };
}
