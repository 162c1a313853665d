import { CircuitBreakerError } from '../../core/errors.js';
import type { ErrorCode } from '../../core/codes.js';
import type { DefinitionFolder } from '../../folder/definition-folder.js';
import type { ApiClient } from '../api-client.js';
import { appliedText, migrationLines } from '../definitions/applied-text.js';
import { applyDifference } from '../definitions/apply-difference.js';
import { differenceLines, isDifferent } from '../definitions/difference-text.js';
import { folderDifference, type FolderDifference } from '../definitions/folder-difference.js';
import { FolderNotWhole, linesOfProblems, readAnyFolder } from '../definitions/whole-folder.js';
import type { Taken } from './follow-folder.js';

/** What may go away by itself. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'RATE_LIMITED',
  'REQUEST_TIMEOUT',
  'VERSION_CONFLICT',
  'INTERNAL',
]);

interface LiveParts {
  readonly api: Pick<ApiClient, 'query'>;
  readonly say: (line: string) => void;
  /** Aborted when nothing is to be applied any more. */
  readonly ending?: AbortSignal;
  /** Called with the ids of all workflows of the folder, each time that it is on the server. */
  readonly onApplied?: (workflowIds: readonly string[]) => void;
}

/**
 * Keeps a server as a folder is: all of it, or what was applied last. Says what changes, what is wrong, once for each change, and when
 * it is mended.
 */
export class LiveDefinitions {
  readonly #folder: string;
  readonly #parts: LiveParts;
  /** What keeps the folder from being applied, as it was said. */
  #wrong: string | undefined;
  #isBegun = false;
  /** What is known to be on the server only. */
  #onlyThere: ReadonlySet<string> = new Set();

  constructor(folder: string, parts: LiveParts) {
    this.#folder = folder;
    this.#parts = parts;
  }

  /** Applies the folder as it is; nothing where it was saved meanwhile. */
  async take(isStill: () => boolean): Promise<Taken> {
    try {
      const found = await readAnyFolder(this.#folder, this.#parts);
      if (!isStill()) return 'moved';
      if (found.problems.length > 0) throw new FolderNotWhole(linesOfProblems(found.problems));
      await this.#apply(found);
      return 'done';
    } catch (error) {
      const { message, mayPass } = refusalOf(error);
      // The same, tried again: it was said.
      if (!mayPass || this.#wrong !== message) this.#refuse(message);
      return mayPass ? 'later' : 'done';
    }
  }

  async #apply(found: DefinitionFolder): Promise<void> {
    const { api, say, onApplied } = this.#parts;
    const difference = await folderDifference(found, api);
    const applied = isDifferent(difference)
      ? await applyDifference(difference, api, { dryRun: false, prune: false })
      : undefined;
    if (this.#wrong !== undefined) say('All is well again.');
    for (const line of differenceLines(this.#withNews(difference))) say(line);
    if (applied !== undefined) {
      say(`Applied: ${appliedText(applied)}.`);
      for (const line of migrationLines(applied)) say(line);
    } else if (!this.#isBegun) say('The server has all of the folder as it is.');
    this.#wrong = undefined;
    this.#isBegun = true;
    onApplied?.(found.workflows.map(({ id }) => id));
  }

  /** What only the server has is told when it comes to be so. */
  #withNews({ agents, workflows, borrowed, onlyThere }: FolderDifference): FolderDifference {
    const agentsThere = [...borrowed, ...onlyThere.agents].sort();
    const known = this.#onlyThere;
    const isNew = (kind: string, id: string) => !known.has(`${kind} ${id}`);
    this.#onlyThere = new Set([
      ...agentsThere.map((id) => `agent ${id}`),
      ...onlyThere.workflows.map((id) => `workflow ${id}`),
      ...onlyThere.placeAgents.map(({ id }) => `place agent ${id}`),
    ]);
    return {
      agents,
      workflows,
      borrowed,
      onlyThere: {
        agents: agentsThere.filter((id) => isNew('agent', id)),
        workflows: onlyThere.workflows.filter((id) => isNew('workflow', id)),
        placeAgents: onlyThere.placeAgents.filter(({ id }) => isNew('place agent', id)),
      },
    };
  }

  #refuse(message: string): void {
    this.#wrong = message;
    this.#parts.say(message);
    this.#parts.say(
      this.#isBegun
        ? 'The server keeps what was applied last. Mend it, and save.'
        : 'Mend it, and save: then it is applied.',
    );
  }
}

/** Why a folder cannot be applied, and whether it may be, as it is, in a while. Throws what nobody expected. */
function refusalOf(error: unknown): { readonly message: string; readonly mayPass: boolean } {
  if (error instanceof FolderNotWhole) return error;
  if (error instanceof CircuitBreakerError) return { message: error.message, mayPass: PASSING.has(error.code) };
  throw error;
}
