import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { differenceLines, isDifferent } from '../definitions/difference-text.js';
import { folderDifference } from '../definitions/folder-difference.js';
import { readWholeFolder } from '../definitions/whole-folder.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { runClient } from '../run-client.js';

/** Says what saving a folder would change on a server. Exits with 0 where nothing would, with 1 where something would. */
export async function diff(request: CommandRequest): Promise<void> {
  const [folder = '.'] = request.operands;
  await runClient(
    request,
    async ({ api, say, ending }) => {
      const difference = await folderDifference(await readWholeFolder(folder, { api, ending }), api);
      if (request.flags.has('json')) say(visibleJson(difference));
      else {
        for (const line of differenceLines(difference)) say(line);
        if (!isDifferent(difference)) say(`${api.address} has all of the folder as it is.`);
      }
      return isDifferent(difference) ? NOT_WELL : 0;
    },
    folder,
  );
}
