import type { ChatCompletionRequest, Fixture } from '@copilotkit/aimock';

/**
 * A reviewer behind the OpenAI wire format, for a server in a process of its own: prose to a request without a schema,
 * JSON to one with. What it says depends on the document in the prompt.
 */
const VERDICTS: readonly (readonly [marker: string, assessment: string, score: number])[] = [
  ['Travel and expenses policy', 'APPROVE', 9],
  ['Incident report', 'NEEDS_REVISION', 7],
  ['VitaBoost', 'REJECT', 10],
];

export function reviewOf(document: string): string {
  const [, assessment, score] = VERDICTS.find(([marker]) => document.includes(marker)) ?? ['', 'NEEDS_REVISION', 5];
  const issues = ['The 1st: größer als „gedacht“ 🙂', 'The 2nd: 数字が合わない'];
  return JSON.stringify({ assessment, specific_issues: issues, confidence_score: score }, null, 1);
}

export const LONG_PROSE = Array.from({ length: 40 }, (_, n) => `Sentence ${n} of a long answer. `).join('');

function promptOf(request: ChatCompletionRequest): string {
  return request.messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n');
}

export const fixtures: readonly Fixture[] = [
  {
    match: { predicate: (request) => request.response_format?.type === 'json_schema' },
    response: (request) => ({ content: reviewOf(promptOf(request)) }),
  },
  { match: {}, response: { content: LONG_PROSE } },
];
