import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { appliedText, migrationLines } from '../definitions/applied-text.js';
import { applyDifference, NOTHING_APPLIED, type Applied } from '../definitions/apply-difference.js';
import { differenceLines, isDifferent } from '../definitions/difference-text.js';
import { folderDifference, type FolderDifference } from '../definitions/folder-difference.js';
import { readWholeFolder } from '../definitions/whole-folder.js';
import { runClient } from '../run-client.js';

/** Saves a folder on a server, all of it or nothing. What is there already stays as it is. */
export async function apply(request: CommandRequest): Promise<void> {
  const [folder = '.'] = request.operands;
  const { flags } = request;
  const how = { dryRun: flags.has('dry-run'), prune: flags.has('prune') };
  await runClient(
    request,
    async ({ api, say, ending }) => {
      const difference = await folderDifference(await readWholeFolder(folder, { api, ending }), api);
      const isAsked = isDifferent(difference) || (how.prune && canGo(difference));
      const applied = isAsked ? await applyDifference(difference, api, how) : NOTHING_APPLIED;
      if (flags.has('json')) say(visibleJson({ dryRun: how.dryRun, ...applied }));
      else {
        for (const line of differenceLines(difference)) say(line);
        for (const line of whatStays(difference, applied, how.prune)) say(line);
        say(`${how.dryRun ? 'Would be applied' : 'Applied'} to ${api.address}: ${appliedText(applied)}.`);
        if (!how.dryRun) for (const line of migrationLines(applied)) say(line);
      }
      return 0;
    },
    folder,
  );
}

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
