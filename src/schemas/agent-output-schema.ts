import type { Parsed } from '../core/json/parsed.js';
import type { Problem } from '../core/json/problem.js';
import type { AgentInput } from '../core/validation/agent-schema.js';
import type { SchemaChecker } from './schema-checker.js';

const POINTER = '/outputSchema';

/** What was read of an agent, with what is wrong with its output schema. */
export async function checkOutputSchema(
  schemas: SchemaChecker,
  parsed: Parsed<AgentInput>,
): Promise<Parsed<AgentInput>> {
  const problems = 'value' in parsed ? [] : parsed.problems;
  const read = 'value' in parsed ? parsed.value : parsed.draft;
  const schema = read?.content.outputSchema;
  // What is too large to look at is not looked at.
  if (schema === undefined || problems.some(({ pointer }) => pointer === POINTER)) return parsed;
  const found = (await schemas.problemsOf(schema)).map(below);
  return found.length === 0 ? parsed : { problems: [...problems, ...found] };
}

function below(problem: Problem): Problem {
  return { ...problem, pointer: POINTER + problem.pointer };
}
