import type { DefinitionFile, DefinitionKind } from './definition-source.js';
import { namesOf } from './definition-names.js';
import { isModuleFile, readDefinitionText } from './definition-text.js';
import { findFiles, readText } from './folder-files.js';

/** As many files as are looked into. */
const MOST_FILES = 500;

/**
 * The ids of what a folder defines in YAML and JSON, whatever else is wrong with it. Modules are left out: nobody expects that code runs
 * here. Throws what the system says when there is no such folder.
 */
export async function definitionIds(
  folder: string,
): Promise<Readonly<Record<'agents' | 'workflows', readonly string[]>>> {
  const { files } = await findFiles(folder);
  const texts = files.filter(({ file }) => !isModuleFile(file)).slice(0, MOST_FILES);
  const found = await Promise.all(texts.map(async (file) => ({ kind: file.kind, id: await idOf(file) })));
  const ofKind = (kind: DefinitionKind) =>
    found.flatMap(({ kind: its, id }) => (its === kind && id !== undefined ? [id] : []));
  return { agents: ofKind('agent'), workflows: ofKind('workflow') };
}

async function idOf({ file, path }: DefinitionFile): Promise<string | undefined> {
  const text = await readText(path);
  if (typeof text !== 'string') return undefined;
  return namesOf(readDefinitionText(file, text).input).id;
}
