import { realpath } from 'node:fs/promises';

import type { ProgramEnvironment } from '../core/program-environment.js';
import type { SchemaChecker } from '../schemas/schema-checker.js';
import { AgentsByName } from './agents-by-name.js';
import type { DefinitionFile, DefinitionSource } from './definition-source.js';
import { isModuleFile, readDefinitionText } from './definition-text.js';
import { readServerAgents } from './environments.js';
import { findFiles, readText } from './folder-files.js';
import { inReadingOrder, START, type FolderProblem } from './folder-problem.js';
import { judgeAgent, type FolderAgent } from './judge-agents.js';
import { namesInCircles, takenIds } from './judge-ids.js';
import { judgeWorkflow, type FolderWorkflow } from './judge-workflow.js';
import { MODULE_LIMIT_MS, ModuleLoader } from './module-loader.js';
import { readModule } from './module-text.js';

const FILES_AT_ONCE = 16;

/** What a folder of definitions has. */
export interface DefinitionFolder {
  /** How many files were read. */
  readonly files: number;
  /** Those without a problem, in the order of their files. */
  readonly agents: readonly FolderAgent[];
  readonly workflows: readonly FolderWorkflow[];
  /** Everything that is wrong in it, in the order of files and lines. What is told of a broken file is not told again of those that name it. */
  readonly problems: readonly FolderProblem[];
}

export interface FolderParts {
  readonly schemas: SchemaChecker;
  /** What definitions in TypeScript find in their environment. */
  readonly environment: ProgramEnvironment;
  /** How long one of them may take to load; 10 s otherwise. */
  readonly moduleLimitMs?: number;
  /** Aborted when nobody wants to know any more: then no module is waited for. */
  readonly ending?: AbortSignal;
  /** Which of these ids are agents of a server. Absent: nobody is asked. */
  readonly agentsElsewhere?: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
}

/**
 * Reads a folder of definitions, with everything that can be found wrong without a server, which at the most is asked which agents it has.
 * Reads nothing outside of it, and takes time in proportion to what is in it. Throws what the system says when there is no such folder, and the
 * reason of `ending` when that was aborted.
 */
export async function readDefinitionFolder(folder: string, parts: FolderParts): Promise<DefinitionFolder> {
  const { environment, moduleLimitMs = MODULE_LIMIT_MS, ending } = parts;
  const modules = new ModuleLoader({
    environment,
    limitMs: moduleLimitMs,
    ...(ending === undefined ? {} : { ending }),
  });
  try {
    const found = await readAll(folder, parts, (file) => readSource(file, modules));
    ending?.throwIfAborted();
    return found;
  } finally {
    await modules.close();
  }
}

async function readAll(
  folder: string,
  { schemas, agentsElsewhere }: FolderParts,
  read: ReadFile,
): Promise<DefinitionFolder> {
  const { files, problems } = await findFiles(folder);
  const root = await realpath(folder);
  const ofKind = (kind: DefinitionFile['kind']) => files.filter((file) => file.kind === kind);
  const agents = await fewAtOnce(ofKind('agent'), async (file) => judgeAgent(await read(file), { root, schemas }));
  const known = new AgentsByName(agents, await readServerAgents(folder));
  const sources = await fewAtOnce(ofKind('workflow'), read);
  const missing = new Set(sources.flatMap(({ input }) => known.missingIn(input)));
  if (missing.size > 0 && agentsElsewhere !== undefined) known.addElsewhere(await agentsElsewhere([...missing]));
  const workflows = sources.map((source) => judgeWorkflow(source, known));
  const found = [
    ...problems,
    ...[...agents, ...workflows].flatMap((judged) => judged.problems),
    ...takenIds(agents),
    ...namesInCircles(agents),
    ...takenIds(workflows),
  ];
  return {
    files: files.length,
    agents: agents.flatMap(({ agent }) => (agent === undefined ? [] : [agent])),
    workflows: workflows.flatMap(({ workflow }) => (workflow === undefined ? [] : [workflow])),
    problems: inReadingOrder(found),
  };
}

/** In the order of the files. Each may be large. */
async function fewAtOnce<Result>(
  files: readonly DefinitionFile[],
  read: (file: DefinitionFile) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < files.length; from += FILES_AT_ONCE) {
    results.push(...(await Promise.all(files.slice(from, from + FILES_AT_ONCE).map(read))));
  }
  return results;
}

type ReadFile = (file: DefinitionFile) => Promise<DefinitionSource>;

async function readSource(file: DefinitionFile, modules: ModuleLoader): Promise<DefinitionSource> {
  if (isModuleFile(file.file)) return { file, ...(await readModule(file, modules)) };
  const text = await readText(file.path);
  if (typeof text !== 'string') return { file, problems: [text], locate: () => START };
  return { file, ...readDefinitionText(file.file, text) };
}
