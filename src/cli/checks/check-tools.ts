import { refuseExit } from '../../compose/contain-tools.js';
import type { Config } from '../../config.js';
import { findTools } from '../../tools/load-tools.js';
import { missing, ok, type Finding } from './finding.js';

const SUBJECT = 'Tools';
const SHOWN_TOOLS = 10;

/** The tools of `TOOLS_DIR` that load, and the modules that do not, with why. It runs the code at their top, as a worker would. */
export async function checkTools({ toolsDir }: Pick<Config, 'toolsDir'>): Promise<readonly Finding[]> {
  if (toolsDir === undefined) return [];
  refuseExit();
  const { tools, problems } = await findTools(toolsDir);
  const names = [...tools.keys()];
  const more = names.length > SHOWN_TOOLS ? `, and ${names.length - SHOWN_TOOLS} more` : '';
  return [
    ...(names.length === 0 ? [] : [ok(SUBJECT, names.slice(0, SHOWN_TOOLS).join(', ') + more)]),
    ...problems.map(({ message }) => missing(SUBJECT, message)),
  ];
}
