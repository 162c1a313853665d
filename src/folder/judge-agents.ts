import type { AgentContent } from '../core/agents/agent.js';
import { expandAgent } from '../core/definitions/short-forms.js';
import { isJsonObject, type JsonObject } from '../core/json/json.js';
import { parseAgentInput } from '../core/validation/agent-schema.js';
import { checkOutputSchema } from '../schemas/agent-output-schema.js';
import type { SchemaChecker } from '../schemas/schema-checker.js';
import { namesOf } from './definition-names.js';
import type { DefinitionSource } from './definition-source.js';
import type { FolderProblem } from './folder-problem.js';
import { NO_ID } from './judge-ids.js';
import { fillPromptFiles } from './prompt-files.js';
import { inSource, placeIn, type PlaceProblem } from './written-place.js';

/** An agent that a file defines, without a problem. */
export interface FolderAgent {
  /** From the folder on: `agents/reviewer.yaml`. */
  readonly file: string;
  readonly id: string;
  /** What `createAgent` takes: the id is in it, prompts are in it, short forms are not. */
  readonly input: JsonObject;
  readonly content: AgentContent;
  /** Where in the file something that is wrong with the input stands. */
  readonly place: PlaceProblem;
}

/** An agent as far as it was read. */
export interface JudgedAgent {
  readonly source: DefinitionSource;
  /** As it says, or as its name makes it; absent: nobody can tell. */
  readonly id?: string;
  readonly name?: string;
  /** Absent: it has problems. */
  readonly agent?: FolderAgent;
  readonly problems: readonly FolderProblem[];
}

interface Surroundings {
  /** The folder, without links. */
  readonly root: string;
  readonly schemas: SchemaChecker;
}

/** Reads an agent and finds everything that is wrong with it, but for what only a server knows: its tools, and where models may be. */
export async function judgeAgent(source: DefinitionSource, { root, schemas }: Surroundings): Promise<JudgedAgent> {
  const names = namesOf(source.input);
  const ofText = source.problems.map((problem) => ({ file: source.file.file, ...problem, pointer: '' }));
  if (source.input === undefined || ofText.some(({ code }) => code === 'YAML_REFUSED')) {
    return { source, ...names, problems: ofText };
  }
  const expanded = expandAgent(source.input);
  const filled = await fillPromptFiles(root, source.file, expanded.input);
  const parsed = await checkOutputSchema(schemas, parseAgentInput(filled.input));
  const found = 'value' in parsed ? [] : parsed.problems;
  const noId = found.length === 0 && names.id === undefined ? [NO_ID] : [];
  const problems = [
    ...ofText,
    ...inSource(source, filled.problems),
    ...inSource(source, [...expanded.problems, ...found, ...noId], expanded.written),
  ];
  if (problems.length > 0 || !('value' in parsed) || names.id === undefined || !isJsonObject(filled.input)) {
    return { source, ...names, problems };
  }
  const { id } = names;
  const agent: FolderAgent = {
    file: source.file.file,
    id,
    input: { ...filled.input, id },
    content: parsed.value.content,
    place: placeIn(source, expanded.written),
  };
  return { source, ...names, agent, problems };
}
