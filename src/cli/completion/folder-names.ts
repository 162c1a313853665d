import { environmentNames } from '../../folder/environments.js';
import { definitionIds } from '../../folder/definition-ids.js';
import type { FolderNames } from './candidates.js';

/** What bash puts into a command line as it is: nothing in it may mean something to a shell. */
const PLAIN = /^\w[\w.-]*$/;

/** What a folder of definitions has, as far as it can be read at once: somebody is typing. Never rejects. */
export async function folderNames(folder: string): Promise<FolderNames> {
  const [environments, { agents, workflows }] = await Promise.all([
    environmentNames(folder).catch(() => []),
    definitionIds(folder).catch(() => ({ agents: [], workflows: [] })),
  ]);
  return { environments: environments.filter((name) => PLAIN.test(name)), agents, workflows };
}
