import { CircuitBreakerError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json/json.js';
import type { Problem } from '../../core/json/problem.js';
import { utf8Length } from '../../core/json/utf8-length.js';
import { problemLine } from '../../folder/folder-problem.js';
import type { ApiClient } from '../api-client.js';
import { FolderNotWhole } from './whole-folder.js';
import type { FolderDifference } from './folder-difference.js';

/** What one request may have; the server counts it whole. */
const MOST_BYTES = 8 * 1024 * 1024 - 4096;
/** Problems that are told. */
const MOST_PROBLEMS = 100;

export interface AppliedDefinition {
  readonly id: string;
  readonly version: number | null;
  readonly change: 'CREATED' | 'CHANGED' | 'UNCHANGED' | 'DELETED' | 'KEPT';
  readonly reason: string | null;
}

export interface Applied {
  readonly agents: readonly AppliedDefinition[];
  readonly workflows: readonly AppliedDefinition[];
  readonly placeAgents: readonly AppliedDefinition[];
}

export const NOTHING_APPLIED: Applied = { agents: [], workflows: [], placeAgents: [] };

const APPLY = `mutation ($input: DefinitionsInput!, $dryRun: Boolean!) {
  applyDefinitions(input: $input, dryRun: $dryRun) {
    agents { id version change reason }
    workflows { id version change reason }
    placeAgents { id version change reason }
  }
}`;

interface HowToApply {
  /** Nothing is saved: it is judged. */
  readonly dryRun: boolean;
  /** What only the server has goes, but for its workflows and what these need. */
  readonly prune: boolean;
}

/** Saves what is different, all or nothing. Throws VALIDATION_FAILED with the file of each problem that the server finds. */
export async function applyDifference(
  { agents, workflows, onlyThere }: FolderDifference,
  api: Pick<ApiClient, 'query'>,
  { dryRun, prune }: HowToApply,
): Promise<Applied> {
  const inputsOf = (all: FolderDifference['agents']) => all.map(({ input }) => input);
  const input: JsonObject = {
    agents: inputsOf(agents),
    workflows: inputsOf(workflows),
    deleteAgents: prune ? onlyThere.agents : [],
    deletePlaceAgents: prune ? onlyThere.placeAgents.map(({ id }) => id) : [],
  };
  const bytes = utf8Length(JSON.stringify(input));
  if (bytes > MOST_BYTES) {
    const message = `What is different takes ${bytes} bytes, and a server saves ${MOST_BYTES} at a time: apply a part of the folder first.`;
    throw new CircuitBreakerError('PAYLOAD_TOO_LARGE', message);
  }
  try {
    const { applyDefinitions } = await api.query<{ applyDefinitions: Applied }>(APPLY, { input, dryRun });
    return applyDefinitions;
  } catch (error) {
    const { problems = [] } = error instanceof CircuitBreakerError ? error.facts : {};
    if (problems.length === 0) throw error;
    const lines = problemLines(problems, { agents, workflows });
    // A worker, or one of its MCP servers, may come up and offer it.
    const mayPass = problems.every(({ code }) => code === 'UNKNOWN_TOOL');
    throw new FolderNotWhole(['Nothing was applied.', ...lines], { mayPass });
  }
}

/** What the server finds wrong, where it stands in the folder. */
function problemLines(
  problems: readonly Problem[],
  files: Pick<FolderDifference, 'agents' | 'workflows'>,
): readonly string[] {
  const lines = problems.slice(0, MOST_PROBLEMS).map(({ code, pointer, message }) => {
    const [, kind = '', index = '', ...rest] = pointer.split('/');
    const found = kind === 'agents' || kind === 'workflows' ? files[kind][Number(index)] : undefined;
    const inFile = rest.map((step) => `/${step}`).join('');
    return found === undefined ? `${code} ${message}` : problemLine(found.place({ code, pointer: inFile, message }));
  });
  const left = problems.length - lines.length;
  return left > 0 ? [...lines, `and ${left} more problems`] : lines;
}
