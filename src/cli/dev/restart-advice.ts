import { relative, resolve } from 'node:path';

import type { Config } from '../../config.js';
import { VARIABLES_FILE } from './watched-files.js';

/** Where tools lie, unless TOOLS_DIR says otherwise. */
const USUAL_FOLDER = 'tools';
const MODULE = /^[^/]*\.(?:ts|js|mjs)$/;

type ToolsConfig = Pick<Config, 'toolsDir'>;

/** What to do about files that were saved and are read only when the process starts: variables, and tools, which stay loaded. */
export function restartAdvice(folder: string, saved: readonly string[], { toolsDir }: ToolsConfig): readonly string[] {
  const tools = toolsDir === undefined ? undefined : relative(folder, resolve(folder, toolsDir)).replaceAll('\\', '/');
  const read = saved.filter((file) => file === VARIABLES_FILE || (tools !== undefined && isModuleIn(tools, file)));
  if (read.length === 0) return [];
  return [
    `${read.join(', ')}: what was saved there is read at the next start. End this with Ctrl-C, and start it again.`,
  ];
}

/** What to do about modules that look like tools where no folder of tools is named. */
export function unloadedTools(files: readonly string[], { toolsDir }: ToolsConfig): readonly string[] {
  if (toolsDir !== undefined) return [];
  const unloaded = files.filter((file) => isModuleIn(USUAL_FOLDER, file));
  if (unloaded.length === 0) return [];
  return [`${unloaded.join(', ')}: not loaded. Set TOOLS_DIR=${USUAL_FOLDER} in ${VARIABLES_FILE}, and start again.`];
}

function isModuleIn(folder: string, file: string): boolean {
  return file.startsWith(`${folder}/`) && MODULE.test(file.slice(folder.length + 1));
}
