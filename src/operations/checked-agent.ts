import { parseAgentInput, type AgentInput } from '../core/validation/agent-schema.js';
import type { Parsed } from '../core/json/parsed.js';
import type { Problem } from '../core/json/problem.js';
import type { SchemaChecker } from '../schemas/schema-checker.js';

/** Reads an agent and finds everything that is wrong with it, also with its output schema. */
export async function checkAgentInput(schemas: SchemaChecker, input: unknown): Promise<Parsed<AgentInput>> {
  const parsed = parseAgentInput(input);
  const problems = 'value' in parsed ? [] : parsed.problems;
  const read = 'value' in parsed ? parsed.value : parsed.draft;
  const schema = read?.content.outputSchema;
  // What is too large to look at is not looked at.
  if (schema === undefined || problems.some(({ pointer }) => pointer === POINTER)) return parsed;
  const found = (await schemas.problemsOf(schema)).map(below);
  return found.length === 0 ? parsed : { problems: [...problems, ...found] };
}

const POINTER = '/outputSchema';

function below(problem: Problem): Problem {
  return { ...problem, pointer: POINTER + problem.pointer };
}
