import { accepted, CircuitBreakerError, validationFailed } from '../core/errors.js';
import type { Problem } from '../core/json/problem.js';
import { idFromName } from '../core/ids.js';
import { checkWorkflowInput, workflowHash } from './checked-workflow.js';
import type { StoredWorkflow, WorkflowStore } from '../storage/workflow-store.js';
import type { Perform } from './in-turns.js';
import type { OperationParts } from './operation-parts.js';

/** Checks a definition whole and saves it; equal content gives the version that is there. */
export async function saveWorkflow({ storage, now }: OperationParts, input: unknown): Promise<StoredWorkflow> {
  const { id: given, content } = accepted('The workflow', await checkWorkflowInput(storage.agents, input));
  const id = given ?? idFromName(content.name);
  if (id === undefined) throw validationFailed('The workflow', [NO_ID]);
  const hash = await workflowHash(content);
  const taken = given === undefined ? await takenName(storage.workflows, id, hash) : undefined;
  if (taken !== undefined) throw new CircuitBreakerError('ALREADY_EXISTS', taken.message);
  return await storage.workflows.save(id, content, { hash, now: now() });
}

/** What saving would complain about. */
export async function workflowProblems(
  { storage }: OperationParts,
  input: unknown,
  perform: Perform,
): Promise<readonly Problem[]> {
  const parsed = await checkWorkflowInput(storage.agents, input, { perform });
  if ('problems' in parsed) return parsed.problems;
  const { id: given, content } = parsed.value;
  if (given !== undefined) return [];
  const id = idFromName(content.name);
  if (id === undefined) return [NO_ID];
  const taken = await takenName(storage.workflows, id, await workflowHash(content, perform));
  return taken === undefined ? [] : [taken];
}

/** An id that nobody gave must not make a new version of a workflow that happens to have the same name. */
async function takenName(workflows: WorkflowStore, id: string, hash: string): Promise<Problem | undefined> {
  const existing = await workflows.get(id);
  if (existing === undefined || existing.hash === hash) return undefined;
  const message = `there is another workflow "${id}": give an \`id\`, that one to make its next version`;
  return { code: 'ID_TAKEN', pointer: '/id', message };
}

export const NO_ID: Problem = {
  code: 'ID_MISSING',
  pointer: '/id',
  message: 'no id can be made from the name: give one',
};
