import type { ProviderConfig } from '../config.js';

/** Which model the demo's agent runs on: what the environment offers, else the mock with a script. */
export interface ReviewModel {
  readonly provider: Record<string, unknown>;
  /** What a person reads about it. */
  readonly label: string;
  readonly isMock: boolean;
}

const DEFAULT_MODEL = 'gpt-4o-mini';

export function chooseReviewModel(
  providers: ProviderConfig,
  demo: { documentName: string; model?: string },
): ReviewModel {
  const { openai } = providers.accounts;
  const model = demo.model ?? DEFAULT_MODEL;
  if (openai.baseUrl !== undefined) {
    return { provider: { type: 'openai', model }, label: `${model} at ${openai.baseUrl}`, isMock: false };
  }
  if (openai.apiKey !== undefined) {
    return { provider: { type: 'openai', model }, label: `OpenAI ${model}`, isMock: false };
  }
  return {
    provider: {
      type: 'mock',
      model: 'scripted',
      options: { responses: [scriptedReview(demo.documentName)], delayMs: 40 },
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
