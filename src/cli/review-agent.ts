import { readFileSync } from 'node:fs';

import type { ProviderAccountConfig, ProviderConfig } from '../config.js';
import type { ProviderDirectory, ProviderStatus } from '../providers/directory/provider-status.js';
import { shownAddress } from '../core/secrets.js';

/** Which model the demo's agent runs on: what the environment offers, else the mock with a script. */
export interface ReviewModel {
  readonly provider: Record<string, unknown>;
  /** What a person reads about it. */
  readonly label: string;
  readonly isMock: boolean;
}

interface Demo {
  readonly documentName: string;
  readonly model?: string;
}

/** In the order in which they are taken, each with a model that is quick and costs little. */
const HOSTED = [
  { type: 'openai', name: 'OpenAI', defaultModel: 'gpt-4o-mini' },
  { type: 'anthropic', name: 'Anthropic', defaultModel: 'claude-haiku-4-5' },
  { type: 'google', name: 'Google', defaultModel: 'gemini-2.5-flash' },
] as const;

const MOCK_ANSWERS = new URL('../../examples/document-review/mock-answers.json', import.meta.url);

/** By their names: Ollama lists them with the others, and they answer no prompt. */
const EMBEDDING_MODEL = /embed|minilm|(?:^|\/)bge|paraphrase-/i;

/** The first hosted provider that is set, else an Ollama that answers with a model, else the mock. */
export async function chooseReviewModel(
  { accounts }: ProviderConfig,
  demo: Demo,
  directory: ProviderDirectory,
): Promise<ReviewModel> {
  for (const { type, name, defaultModel } of HOSTED) {
    const account = accounts[type];
    if (account.apiKey === undefined && account.baseUrl === undefined) continue;
    const model = demo.model ?? defaultModel;
    return { provider: { type, model }, label: hostedLabel(name, model, account), isMock: false };
  }
  const statuses = await directory.check();
  return (
    ollamaModel(
      statuses.find(({ type }) => type === 'ollama'),
      demo,
    ) ?? mockModel(demo)
  );
}

function hostedLabel(name: string, model: string, { baseUrl }: ProviderAccountConfig): string {
  return baseUrl === undefined ? `${name} ${model}` : `${model} at ${shownAddress(baseUrl)}`;
}

function ollamaModel(status: ProviderStatus | undefined, demo: Demo): ReviewModel | undefined {
  const offered = status?.models.find((name) => !EMBEDDING_MODEL.test(name));
  if (offered === undefined) return undefined;
  const model = demo.model ?? offered;
  return { provider: { type: 'ollama', model }, label: `Ollama ${model}`, isMock: false };
}

function mockModel({ documentName }: Demo): ReviewModel {
  return {
    provider: {
      type: 'mock',
      model: 'scripted',
      options: { responses: [scriptedReview(documentName)], delayMs: 40 },
    },
    label: 'the built-in mock, which answers from a script and reads nothing',
    isMock: true,
  };
}

/** For the documents that ship with the example; every other one is sent back. */
function scriptedReview(documentName: string): string {
  const answers = JSON.parse(readFileSync(MOCK_ANSWERS, 'utf8')) as Readonly<Record<string, unknown>>;
  return JSON.stringify(Object.hasOwn(answers, documentName) ? answers[documentName] : answers['otherwise'], null, 2);
}
