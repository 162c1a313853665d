import { Ajv, type ErrorObject } from 'ajv';

import { checkJson } from '../json/check-json.js';
import type { JsonObject, JsonValue } from '../json/json.js';
import { jsonInAnswer } from '../executions/json-in-answer.js';
import { lackingOutputs } from '../executions/mapping.js';
import { wellFormedJson } from '../json/well-formed-text.js';

export type StructuredAnswer =
  | { readonly type: 'plain' }
  | { readonly type: 'valid'; readonly output: JsonValue }
  | { readonly type: 'invalid'; readonly problem: string };

interface Expectation {
  readonly schema: JsonObject | undefined;
  readonly outputs: readonly string[];
}

/** Reads an answer's structured output: it has to be JSON, fit the schema, and have every output that is mapped. */
export function readStructuredAnswer(text: string, { schema, outputs }: Expectation): StructuredAnswer {
  if (schema === undefined) return { type: 'plain' };
  const answered = jsonInAnswer(text);
  if (answered.type === 'unclear') return { type: 'invalid', problem: answered.problem };
  const parsed = answered.value;
  if (checkJson(parsed).some(({ code }) => code === 'TOO_DEEP'))
    return { type: 'invalid', problem: 'The answer is nested too deep.' };
  // An escape in JSON can say what the text itself may not have.
  const output = wellFormedJson(parsed);
  const [unstorable] = checkJson(output);
  if (unstorable !== undefined)
    return { type: 'invalid', problem: `The answer cannot be stored: ${unstorable.message}.` };
  const problems = schemaProblems(schema, output);
  if (problems.length > 0)
    return { type: 'invalid', problem: `The answer does not fit its schema: ${problems.join('; ')}.` };
  const lacking = lackingOutputs(outputs, output);
  if (lacking.length === 0) return { type: 'valid', output };
  return { type: 'invalid', problem: `The answer lacks ${lacking.join(', ')}, which the output mapping names.` };
}

const MAX_PROBLEMS = 5;

function schemaProblems(schema: JsonObject, output: JsonValue): readonly string[] {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  return validate(output) ? [] : (validate.errors ?? []).slice(0, MAX_PROBLEMS).map(problemText);
}

function problemText({ instancePath, message }: ErrorObject): string {
  return `${instancePath === '' ? 'the whole' : instancePath} ${message ?? 'is not valid'}`;
}
