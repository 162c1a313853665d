import { readProgramEnvironments } from '../../config.js';
import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { readDefinitionFolder, type DefinitionFolder } from '../../folder/definition-folder.js';
import { problemLine, type FolderProblem } from '../../folder/folder-problem.js';
import { SchemaThreads } from '../../schemas/schema-threads.js';
import type { ApiClient } from '../api-client.js';
import { knownAgents } from './server-definitions.js';

/** More than anybody reads. */
const MOST_LINES = 100;

/** Who reads a folder. */
interface FolderReader {
  /** The server that may have agents that the folder has not. */
  readonly api?: Pick<ApiClient, 'query'>;
  /** Aborted when the folder is not wanted any more. */
  readonly ending?: AbortSignal;
}

/**
 * A folder of definitions that has no problems. Its workflows may name agents that only the server has, where there is one. Throws
 * VALIDATION_FAILED with a line for each problem, as `validate` says them.
 */
export async function readWholeFolder(folder: string, parts: FolderReader): Promise<DefinitionFolder> {
  const found = await readAnyFolder(folder, parts);
  if (found.problems.length === 0) return found;
  throw new FolderNotWhole(linesOfProblems(found.problems));
}

/** What is wrong in a folder, a line for each, as many as somebody may read. */
export function linesOfProblems(problems: readonly FolderProblem[]): readonly string[] {
  const lines = problems.slice(0, MOST_LINES).map(problemLine);
  const left = problems.length - lines.length;
  return left > 0 ? [...lines, `and ${left} more problems: circuit-breaker validate says all`] : lines;
}

/** A folder of definitions, with its problems. Throws VALIDATION_FAILED where there is no folder, and the reason of `ending`. */
export async function readAnyFolder(folder: string, { api, ending }: FolderReader = {}): Promise<DefinitionFolder> {
  const schemas = new SchemaThreads();
  try {
    return await readDefinitionFolder(folder, {
      schemas,
      environment: readProgramEnvironments().forAll,
      ...(ending === undefined ? {} : { ending }),
      ...(api === undefined ? {} : { agentsElsewhere: (ids) => knownAgents(api, ids) }),
    });
  } catch (error) {
    ending?.throwIfAborted();
    if (error instanceof CircuitBreakerError) throw error;
    throw new CircuitBreakerError('VALIDATION_FAILED', `The folder ${folder} cannot be read: ${wordsOf(error)}`);
  } finally {
    await schemas.close();
  }
}

/** A line for each problem, however many: no message of an answer. */
export class FolderNotWhole extends Error {
  override readonly name = 'FolderNotWhole';
  /** Whether it may be mended without a change of the folder. */
  readonly mayPass: boolean;

  constructor(lines: readonly string[], { mayPass = false }: { readonly mayPass?: boolean } = {}) {
    super(lines.join('\n'));
    this.mayPass = mayPass;
  }
}
