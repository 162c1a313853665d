import { LRUCache } from 'lru-cache';

import type { JsonObject } from '../core/json/json.js';
import type { Misfit } from '../core/json/problem.js';
import { compileOutputSchema } from '../core/validation/compile-output-schema.js';
import { readStructuredAnswer } from '../core/validation/structured-answer.js';
import type { CheckedAnswer } from './schema-checker.js';
import type { SchemaJob, ThreadWord } from './schema-job.js';

type Compiled = ReturnType<typeof compileOutputSchema>;

/** Few schemas are used at a time; each takes several times the memory of its text. */
const remembered = new LRUCache<string, Compiled>({
  max: 200,
  maxSize: 4_000_000,
  sizeCalculation: (_, schema) => schema.length,
});

export function doSchemaJob(job: SchemaJob): ThreadWord {
  const compiled = compiledOnce(job.schema);
  switch (job.type) {
    case 'check':
      return { type: 'checked', problems: 'problems' in compiled ? compiled.problems : [] };
    case 'read':
      return { type: 'read', answer: readAnswer(job, compiled) };
    case 'fit':
      return { type: 'fitted', misfits: misfitsOf(job, compiled) };
  }
}

function compiledOnce(text: string): Compiled {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const compiled = compileOutputSchema(JSON.parse(text) as JsonObject);
  remembered.set(text, compiled);
  return compiled;
}

function misfitsOf({ value }: SchemaJob & { type: 'fit' }, compiled: Compiled): readonly Misfit[] {
  return 'problems' in compiled
    ? compiled.problems.map(({ message }) => ({ pointer: '', message }))
    : compiled.schema.problemsOf(value, 'several');
}

/** Agents of earlier days may have a schema that would not be saved now. */
function readAnswer({ text, outputs }: SchemaJob & { type: 'read' }, compiled: Compiled): CheckedAnswer {
  if ('problems' in compiled) {
    const faults = compiled.problems.map(({ pointer, message }) => `${pointer} ${message}`.trim());
    return uncheckable(`The output schema is not valid: ${faults.join('; ')}.`);
  }
  try {
    return readStructuredAnswer(text, { schema: compiled.schema, outputs });
  } catch (error) {
    if (error instanceof RangeError) return uncheckable('The output schema refers to itself without end.');
    throw error;
  }
}

function uncheckable(problem: string): CheckedAnswer {
  return { type: 'uncheckable', problem: `The answer cannot be checked. ${problem}` };
}
