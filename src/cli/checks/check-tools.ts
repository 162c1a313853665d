import { refuseExit } from '../../compose/contain-tools.js';
import type { Config } from '../../config.js';
import { listed } from '../../core/json/listed.js';
import { findTools } from '../../tools/load-tools.js';
import { missing, ok, type Finding } from './finding.js';

const SUBJECT = 'Tools';
const SHOWN_TOOLS = 10;

/** The tools of `TOOLS_DIR` that load, and the modules that do not, with why. It runs the code at their top, as a worker would. */
export async function checkTools({ toolsDir }: Pick<Config, 'toolsDir'>): Promise<readonly Finding[]> {
  if (toolsDir === undefined) return [];
  refuseExit();
  const { tools, problems } = await findTools(toolsDir);
  return [
    ...(tools.size === 0 ? [] : [ok(SUBJECT, listed([...tools.keys()], { separator: ', ', most: SHOWN_TOOLS }))]),
    ...problems.map(({ message }) => missing(SUBJECT, message)),
  ];
}
