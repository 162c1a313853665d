import type { ProviderAccountConfig, ProviderConfig } from '../config.js';
import type { ProviderDirectory, ProviderStatus } from '../providers/directory/provider-status.js';
import { shownAddress } from '../providers/keys/shown-address.js';

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

interface Review {
  readonly assessment: string;
  readonly specific_issues: readonly string[];
  readonly recommended_actions: readonly string[];
  readonly confidence_score: number;
}

/** The mock's answers for the documents that ship with the example; every other one is sent back. */
const SCRIPT: Readonly<Record<string, Review>> = {
  'travel-policy.md': {
    assessment: 'APPROVE',
    specific_issues: ['(mock) None: scope, rules, deadlines and exceptions are all there.'],
    recommended_actions: ['(mock) Publish it.'],
    confidence_score: 9,
  },
  'miracle-supplement.md': {
    assessment: 'REJECT',
    specific_issues: ['(mock) Claims to cure diseases.', '(mock) Tells readers to stop their medicine.'],
    recommended_actions: ['(mock) Do not publish it in any form.'],
    confidence_score: 10,
  },
};

const OTHERWISE: Review = {
  assessment: 'NEEDS_REVISION',
  specific_issues: ['(mock) Figures are not settled.', '(mock) Actions have no owner and no date.'],
  recommended_actions: ['(mock) Settle the figures, name owners and dates, submit again.'],
  confidence_score: 7,
};

function scriptedReview(documentName: string): string {
  return JSON.stringify(Object.hasOwn(SCRIPT, documentName) ? SCRIPT[documentName] : OTHERWISE, null, 2);
}
