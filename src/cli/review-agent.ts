import type { ProviderConfig } from '../config.js';

/** Which model the demo's agent runs on: what the environment offers, else the mock with a script. */
export interface ReviewModel {
  readonly provider: Record<string, unknown>;
  /** What a person reads about it. */
  readonly label: string;
  readonly isMock: boolean;
}

const DEFAULT_MODELS = { openai: 'gpt-4o-mini', anthropic: 'claude-haiku-4-5', google: 'gemini-2.5-flash' } as const;

/** What the demo knows when it chooses. */
export interface ReviewChoice {
  readonly documentName: string;
  /** Named on the command line. */
  readonly model?: string;
  /** Those of an Ollama that runs here. */
  readonly ollamaModels: readonly string[];
}

/** The first that the environment has: a server like OpenAI's, a key, an Ollama that runs; else the mock. */
export function chooseReviewModel({ accounts }: ProviderConfig, choice: ReviewChoice): ReviewModel {
  if (accounts.openai.baseUrl !== undefined) {
    return real('openai', choice.model ?? DEFAULT_MODELS.openai, `at ${accounts.openai.baseUrl}`);
  }
  for (const type of ['openai', 'anthropic', 'google'] as const) {
    const { apiKey, baseUrl } = accounts[type];
    if (apiKey === undefined && baseUrl === undefined) continue;
    return real(type, choice.model ?? DEFAULT_MODELS[type], baseUrl === undefined ? `of ${type}` : `at ${baseUrl}`);
  }
  const local = choice.model ?? choice.ollamaModels.find((name) => !name.includes('embed'));
  if (local !== undefined && choice.ollamaModels.length > 0)
    return real('ollama', local, 'of the Ollama that runs here');
  return scripted(choice.documentName);
}

function real(type: keyof ProviderConfig['accounts'], model: string, where: string): ReviewModel {
  return { provider: { type, model }, label: `${model} ${where}`, isMock: false };
}

function scripted(documentName: string): ReviewModel {
  const options = { responses: [scriptedReview(documentName)], delayMs: 40 };
  const label = 'the built-in mock, which answers from a script and reads nothing';
  return { provider: { type: 'mock', model: 'scripted', options }, label, isMock: true };
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
