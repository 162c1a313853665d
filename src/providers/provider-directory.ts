import type { LlmProvider, ProviderType } from '../core/agent.js';
import { ModelError } from '../core/model-error.js';
import { classifyAnswer } from './classify-answer.js';
import { resolveEndpoint } from './endpoint.js';
import { GuardedCall, type CallLimits } from './guarded-call.js';
import { readOfferedModels } from './offered-models.js';
import type { ProviderDependencies } from './provider-dependencies.js';
import type { ProviderDirectory, ProviderStatus } from './provider-status.js';
import { wireFormatOf } from './wire-formats.js';

const ACCOUNTS = ['openai', 'anthropic', 'google', 'ollama'] as const satisfies readonly ProviderType[];
const LIMITS: CallLimits = { totalMs: 5_000, firstByteMs: 5_000, idleMs: 5_000 };

const MOCK: ProviderStatus = {
  type: 'mock',
  works: true,
  message: 'It answers from a script and asks no model.',
  models: [],
};

/** Asks each provider that has an account for its models; Ollama, which needs none, also where it is by default. */
export function createProviderDirectory(dependencies: ProviderDependencies): ProviderDirectory {
  return {
    check: async () => {
      const { accounts } = dependencies.credentials;
      const isConfigured = (type: ProviderType) =>
        accounts[type]?.apiKey !== undefined || accounts[type]?.baseUrl !== undefined;
      const asked = ACCOUNTS.filter((type) => isConfigured(type) || type === 'ollama');
      const found = await Promise.all(asked.map((type) => statusOf(type, dependencies)));
      // An Ollama that nobody asked for and that does not run is no news.
      return [...found.filter(({ type, works }) => works || isConfigured(type)), MOCK];
    },
  };
}

async function statusOf(type: ProviderType, dependencies: ProviderDependencies): Promise<ProviderStatus> {
  // Any of its models: only the account is asked about.
  const provider: LlmProvider = { type, model: '', headers: {}, options: {} };
  let baseUrl: string | undefined;
  try {
    const endpoint = resolveEndpoint(provider, dependencies.credentials);
    baseUrl = endpoint.baseUrl.href;
    const models = await modelsOf(provider, dependencies);
    const count = `${models.length} ${models.length === 1 ? 'model' : 'models'}`;
    return { type, baseUrl, works: true, message: `It answers, and offers ${count}.`, models };
  } catch (error) {
    const { code, message } = error instanceof ModelError ? error : new ModelError('server', 'It could not be asked.');
    return { type, ...(baseUrl === undefined ? {} : { baseUrl }), works: false, errorCode: code, message, models: [] };
  }
}

async function modelsOf(provider: LlmProvider, dependencies: ProviderDependencies): Promise<readonly string[]> {
  const { credentials, dispatcher } = dependencies;
  const endpoint = resolveEndpoint(provider, credentials);
  const format = wireFormatOf(provider, credentials);
  const { keySource, secrets } = endpoint;
  const call = new GuardedCall({
    dispatcher,
    signal: new AbortController().signal,
    limits: LIMITS,
    headers: { accept: 'application/json', 'user-agent': 'circuit-breaker', ...format.headers(provider, endpoint.key) },
    expects: 'json',
    secrets,
    classify: (answer) => classifyAnswer(answer, { model: 'any', keySource, secrets, prompts: [] }),
  });
  try {
    return await readOfferedModels(call, format, format.modelsUrl(provider, endpoint.baseUrl));
  } catch (error) {
    throw call.explain(error);
  } finally {
    call.close();
  }
}
