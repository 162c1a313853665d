import type { ProviderConfig } from '../../provider-settings.js';
import type { ProviderDirectory, ProviderStatus } from '../../providers/directory/provider-status.js';
import type { ProcessParts } from '../../compose/run-process.js';
import { REAL_MODELS } from '../../compose/real-models.js';
import type { JsonValue } from '../../core/json/json.js';
import { shownAddress } from '../../core/secrets.js';
import { addressesOf } from '../../providers/keys/read-credentials.js';

/** Which model an example's agent runs on: what the environment offers, else the mock with a script. */
export interface DemoModel {
  readonly provider: Record<string, unknown>;
  /** What a person reads about it. */
  readonly label: string;
  readonly isMock: boolean;
}

interface Wanted {
  readonly model?: string;
  /** What the mock answers, turn by turn. */
  readonly script: () => readonly JsonValue[];
}

/** In the order in which they are taken, each with a model that is quick and costs little. */
const HOSTED = [
  { type: 'openai', name: 'OpenAI', defaultModel: 'gpt-4o-mini' },
  { type: 'anthropic', name: 'Anthropic', defaultModel: 'claude-haiku-4-5' },
  { type: 'google', name: 'Google', defaultModel: 'gemini-2.5-flash' },
] as const;

/** By their names: Ollama lists them with the others, and they answer no prompt. */
const EMBEDDING_MODEL = /embed|minilm|(?:^|\/)bge|paraphrase-/i;

/** The first hosted provider that is set, else an Ollama that answers with a model, else the mock. */
export async function chooseModel(
  { accounts }: ProviderConfig,
  directory: ProviderDirectory,
  wanted: Wanted,
): Promise<DemoModel> {
  for (const { type, name, defaultModel } of HOSTED) {
    const account = accounts[type];
    if (Object.keys(account).length === 0) continue;
    const model = wanted.model ?? defaultModel;
    return { provider: { type, model }, label: hostedLabel(name, model, addressesOf(account)), isMock: false };
  }
  const statuses = await directory.check();
  return (
    ollamaModel(
      statuses.find(({ type }) => type === 'ollama'),
      wanted,
    ) ?? mockModel(wanted)
  );
}

function hostedLabel(name: string, model: string, addresses: readonly string[]): string {
  return addresses.length === 0 ? `${name} ${model}` : `${model} at ${addresses.map(shownAddress).join(', ')}`;
}

function ollamaModel(status: ProviderStatus | undefined, { model: wanted }: Wanted): DemoModel | undefined {
  const offered = status?.models.find((name) => !EMBEDDING_MODEL.test(name));
  if (offered === undefined) return undefined;
  const model = wanted ?? offered;
  return { provider: { type: 'ollama', model }, label: `Ollama ${model}`, isMock: false };
}

function mockModel({ script }: Wanted): DemoModel {
  return {
    provider: { type: 'mock', model: 'scripted', options: { responses: script(), delayMs: 40 } },
    label: 'the built-in mock, which answers from a script and reads nothing',
    isMock: true,
  };
}

/** Says which model answers, and how one gets another. */
export function introduceModel(model: DemoModel, say: ProcessParts['say']): void {
  say(`Model: ${model.label}`);
  if (!model.isMock) return;
  say(`No key was found, and no Ollama with a model. For a real one ${REAL_MODELS}:`);
  say('  OPENAI_API_KEY=sk-… npm run demo');
  say('or any server that speaks the API of OpenAI: OPENAI_BASE_URL=http://localhost:8080/v1 npm run demo');
}
