import type { WorkflowContent } from '../core/definitions/definition.js';
import { expandWorkflow } from '../core/definitions/short-forms.js';
import { isJsonObject, type JsonObject } from '../core/json/json.js';
import type { Problem } from '../core/json/problem.js';
import { atOnce } from '../core/steps.js';
import { checkWorkflowSteps } from '../core/validation/check-definition.js';
import { workflowInputSteps } from '../core/validation/definition-schema.js';
import type { AgentsByName } from './agents-by-name.js';
import { namesOf } from './definition-names.js';
import type { DefinitionSource } from './definition-source.js';
import type { FolderProblem } from './folder-problem.js';
import { NO_ID } from './judge-ids.js';
import { inSource, placeIn, type PlaceProblem } from './written-place.js';

/** A workflow that a file defines, without a problem. */
export interface FolderWorkflow {
  /** From the folder on: `workflows/document-review.yaml`. */
  readonly file: string;
  readonly id: string;
  /** What `createWorkflow` takes: the id is in it, agents are named by their ids, and short forms are not. */
  readonly input: JsonObject;
  readonly content: WorkflowContent;
  /** Where in the file something that is wrong with the input stands. */
  readonly place: PlaceProblem;
}

/** A workflow as far as it was read. */
export interface JudgedWorkflow {
  readonly source: DefinitionSource;
  /** As it says, or as its name makes it; absent: nobody can tell. */
  readonly id?: string;
  /** Absent: it has problems. */
  readonly workflow?: FolderWorkflow;
  readonly problems: readonly FolderProblem[];
}

/** Reads a workflow and finds everything that is wrong with it, also with the agents of the folder that it names. */
export function judgeWorkflow(source: DefinitionSource, agents: AgentsByName): JudgedWorkflow {
  const names = namesOf(source.input);
  const ofText = source.problems.map((problem) => ({ file: source.file.file, ...problem, pointer: '' }));
  if (source.input === undefined || ofText.some(({ code }) => code === 'YAML_REFUSED')) {
    return { source, ...names, problems: ofText };
  }
  const expanded = expandWorkflow(source.input);
  const { input, problems: ofNames } = agents.withIds(expanded.input);
  const { content, problems: found } = judge(input, agents, names.id);
  const noId = found.length === 0 && names.id === undefined ? [NO_ID] : [];
  const ofDefinition = [...expanded.problems, ...found, ...ofNames, ...noId];
  const problems = [...ofText, ...inSource(source, ofDefinition, expanded.written)];
  if (problems.length > 0 || content === undefined || names.id === undefined || !isJsonObject(input)) {
    return { source, ...names, problems };
  }
  const { file } = source.file;
  const place = placeIn(source, expanded.written);
  const workflow = { file, id: names.id, input: { ...input, id: names.id }, content, place };
  return { source, ...names, workflow, problems };
}

function judge(
  input: unknown,
  agents: AgentsByName,
  workflowId: string | undefined,
): { readonly content?: WorkflowContent; readonly problems: readonly Problem[] } {
  const parsed = atOnce(workflowInputSteps(input));
  const ofForm = 'value' in parsed ? [] : parsed.problems;
  const content = 'value' in parsed ? parsed.value.content : parsed.draft?.content;
  if (content === undefined) return { problems: ofForm };
  const found = atOnce(checkWorkflowSteps(content, { agents, workflowId }));
  const isToBeTold = ({ code }: Problem) => code !== 'UNKNOWN_AGENT' || !agents.mayHaveMore;
  return { content, problems: [...ofForm, ...found.filter(isToBeTold)] };
}
