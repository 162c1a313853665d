import type { TextSpan } from '../executions/answer-output.js';
import { inexactInteger } from '../json/inexact-integer.js';
import { jsonInAnswer } from '../executions/json-in-answer.js';
import { lackingOutputs } from '../executions/mapping.js';
import { checkJson } from '../json/check-json.js';
import type { JsonValue } from '../json/json.js';
import { shorten } from '../json/preview.js';
import { wordsOfMisfits } from '../json/problem.js';
import { leadingPart, wellFormedJson } from '../json/well-formed-text.js';
import type { CompiledSchema } from './compile-output-schema.js';

export type StructuredAnswer =
  | { readonly type: 'valid'; readonly output: JsonValue; readonly outputAt: TextSpan }
  | { readonly type: 'invalid'; readonly problem: string };

interface Expectation {
  readonly schema: CompiledSchema;
  readonly outputs: readonly string[];
}

/** A longer answer is told the first thing that is wrong with it: all of them could be as many as it has letters. */
const LONGEST_TOLD_ALL = 32 * 1024;
const MAX_PROBLEM = 2000;

/** Reads an answer's structured output: it has to be JSON, fit the schema, and have every output that is mapped. */
export function readStructuredAnswer(text: string, { schema, outputs }: Expectation): StructuredAnswer {
  const answered = jsonInAnswer(text);
  if (answered.type === 'unclear') return invalid(answered.problem);
  if (checkJson(answered.value).some(({ code }) => code === 'TOO_DEEP'))
    return invalid('The answer is nested too deep.');
  const inexact = inexactInteger(text.slice(answered.at.start, answered.at.end));
  if (inexact !== undefined)
    return invalid(`The answer has the number ${shorten(inexact)}, which would lose digits: give it as text.`);
  // An escape in JSON can say what the text itself may not have.
  const output = wellFormedJson(answered.value);
  const [unstorable] = checkJson(output);
  if (unstorable !== undefined) return invalid(`The answer cannot be stored: ${unstorable.message}.`);
  const problems = schema.problemsOf(output, text.length > LONGEST_TOLD_ALL ? 'first' : 'several');
  if (problems.length > 0) return invalid(`The answer does not fit its schema: ${wordsOfMisfits(problems)}.`);
  const lacking = lackingOutputs(outputs, output);
  if (lacking.length === 0) return { type: 'valid', output, outputAt: answered.at };
  return invalid(`The answer lacks ${lacking.join(', ')}, which the output mapping names.`);
}

function invalid(problem: string): StructuredAnswer {
  return { type: 'invalid', problem: leadingPart(problem, MAX_PROBLEM) };
}
