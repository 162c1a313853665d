import type { AgentPrompts } from '../agents/agent.js';
import { foreignSyntaxIn, promptNames, unfilledIn } from '../executions/prompt-template.js';
import type { Problem } from '../json/problem.js';

const AS_IT_STANDS = 'write \\ before the brace where it is meant as it stands';

/** One problem for each piece of an agent's prompts that inputs of these names, and the seed, do not fill. */
export function unfilledPrompts(
  prompts: AgentPrompts,
  inputNames: readonly string[],
  pointer: string,
): readonly Problem[] {
  return unfilledIn(prompts, promptNames(inputNames)).map((piece) => ({
    code: 'TEMPLATE_VARIABLE_UNKNOWN',
    pointer,
    message: `the prompts have ${piece}, which no input fills (variables are called by letters, digits, _, - and .): ${AS_IT_STANDS}`,
  }));
}

/** What no input will ever fill, found before anybody uses the agent: the syntax of other template languages. */
export function checkPrompts(prompts: AgentPrompts, pointer: string): readonly Problem[] {
  return foreignSyntaxIn(prompts).map((piece) => ({
    code: 'TEMPLATE_SYNTAX_UNKNOWN',
    pointer,
    message: `the prompts have ${piece}: a prompt has variables as {name} and nothing else of a template language; ${AS_IT_STANDS}`,
  }));
}
