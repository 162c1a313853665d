import type { CommandRequest } from '../command.js';
import { applyDifference, type Applied, type AppliedDefinition } from '../definitions/apply-difference.js';
import { differenceLines, isDifferent } from '../definitions/difference-text.js';
import { folderDifference, type FolderDifference } from '../definitions/folder-difference.js';
import { readWholeFolder } from '../definitions/whole-folder.js';
import { runClient } from '../run-client.js';

const WORDS = [
  ['CREATED', 'created'],
  ['CHANGED', 'changed'],
  ['DELETED', 'deleted'],
] as const;

/** Saves a folder on a server, all of it or nothing. What is there already stays as it is. */
export async function apply(request: CommandRequest): Promise<void> {
  const [folder = '.'] = request.operands;
  const { flags } = request;
  const how = { dryRun: flags.has('dry-run'), prune: flags.has('prune') };
  await runClient(
    request,
    async ({ api, say }) => {
      const difference = await folderDifference(await readWholeFolder(folder), api);
      const isAsked = isDifferent(difference) || (how.prune && canGo(difference));
      const applied = isAsked ? await applyDifference(difference, api, how) : NOTHING;
      if (flags.has('json')) say(JSON.stringify({ dryRun: how.dryRun, ...applied }, null, 2));
      else {
        for (const line of differenceLines(difference)) say(line);
        for (const line of whatStays(difference, applied, how.prune)) say(line);
        say(`${how.dryRun ? 'Would be applied' : 'Applied'} to ${api.address}: ${summary(applied)}.`);
      }
      return 0;
    },
    folder,
  );
}

const NOTHING: Applied = { agents: [], workflows: [], placeAgents: [] };

function canGo({ onlyThere }: FolderDifference): boolean {
  return onlyThere.agents.length > 0 || onlyThere.placeAgents.length > 0;
}

/** Why what only the server has is there still. */
function whatStays({ onlyThere }: FolderDifference, { agents }: Applied, prune: boolean): readonly string[] {
  if (!prune) return [];
  return [
    ...agents.flatMap(({ change, reason }) => (change === 'KEPT' && reason !== null ? [`  stays: ${reason}`] : [])),
    ...onlyThere.workflows.map((id) => `  stays: workflow ${id}, since workflows cannot be deleted`),
  ];
}

function summary(applied: Applied): string {
  const counted = (what: string, all: readonly AppliedDefinition[]) =>
    WORDS.flatMap(([change, word]) => {
      const count = all.filter((each) => each.change === change).length;
      return count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'} ${word}`];
    });
  const parts = [
    ...counted('agent', applied.agents),
    ...counted('workflow', applied.workflows),
    ...counted('place agent', applied.placeAgents),
  ];
  return parts.join(', ') || 'nothing, since all of it is there';
}
