import { expandWorkflow } from '../core/definitions/short-forms.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { CircuitBreakerError, validationFailed } from '../core/errors.js';
import { idFromName } from '../core/ids.js';
import type { JsonObject } from '../core/json/json.js';
import { atOnce } from '../core/steps.js';
import { checkWorkflowSteps, type KnownAgents } from '../core/validation/check-definition.js';
import { withPrograms } from '../core/validation/compile-rules.js';
import { workflowInputSteps } from '../core/validation/definition-schema.js';

/** Which agents a test has is its own affair: they are known by what they answer. */
const ANY_AGENT: KnownAgents = {
  find: ({ agentId }) => ({ id: agentId, prompts: { system: '', userTemplate: '' }, allowedWorkflows: [] }),
};

/** By their JSON: a thousand runs judge their definition once, and one that was changed meanwhile is another. */
const judged = new Map<string, WorkflowDefinition>();
const MOST_JUDGED = 50;

/**
 * The definition that production would make of what `createWorkflow` takes, of a file's short forms, or of a definition itself.
 * Throws VALIDATION_FAILED with all that is wrong, a line each.
 */
export function testedDefinition(given: object): WorkflowDefinition {
  const text = JSON.stringify(given);
  const known = judged.get(text);
  if (known !== undefined) return known;
  const definition = judge(JSON.parse(text) as JsonObject);
  if (judged.size >= MOST_JUDGED) judged.clear();
  judged.set(text, definition);
  return definition;
}

function judge(given: JsonObject): WorkflowDefinition {
  const { version: known, programs: _programs, ...fields } = given;
  const { input, problems } = expandWorkflow(fields);
  const parsed = atOnce(workflowInputSteps(input));
  const read = 'value' in parsed ? parsed.value : parsed.draft;
  const found = [
    ...problems,
    ...('value' in parsed ? [] : parsed.problems),
    ...(read === undefined ? [] : atOnce(checkWorkflowSteps(read.content, { agents: ANY_AGENT }))),
  ];
  if (found.length > 0 || read === undefined) {
    const { message } = validationFailed('The workflow definition', found);
    const lines = found.map((problem) => `\n  ${problem.pointer} ${problem.code} ${problem.message}`);
    throw new CircuitBreakerError('VALIDATION_FAILED', `${message}${lines.join('')}`, { problems: found });
  }
  const { content } = read;
  const id = read.id ?? idFromName(content.name) ?? 'workflow';
  return withPrograms({ ...content, id, version: typeof known === 'number' ? known : 1 });
}
