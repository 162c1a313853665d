import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

import { isId } from '../../core/ids.js';
import { shown } from '../../core/json/preview.js';
import { canonicalJson, type JsonObject } from '../../core/json/json.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { DefinitionFolder } from '../../folder/definition-folder.js';
import type { DefinitionKind } from '../../folder/definition-source.js';
import { definitionText } from '../../folder/write-definition.js';
import { makeDirectory } from '../../make-directory.js';
import { writeWhole } from '../write-whole.js';

/** A definition of a server, and what is to become of it in the folder. */
export interface PlannedFile {
  readonly kind: DefinitionKind;
  readonly id: string;
  /** From the folder on. */
  readonly file: string;
  readonly plan: 'write' | 'overwrite' | 'same' | 'cannot';
  readonly text: string;
}

type Definitions = ReadonlyMap<string, JsonObject>;
type Written = DefinitionFolder['agents'] | DefinitionFolder['workflows'];

/** What a folder would have to be written to have what a server has. A file that means the same stays, however it is written. */
export function plannedFiles(kind: DefinitionKind, there: Definitions, written: Written): readonly PlannedFile[] {
  const own = new Map(written.map((each) => [each.id, each]));
  const names = new Set(written.map(({ file }) => file.toLowerCase()));
  return [...there].map(([id, definition]): PlannedFile => {
    if (!isId(id)) throw notOurs(kind, id);
    const found = own.get(id);
    const file = found?.file ?? newFile(kind, id, names);
    const isSame = found !== undefined && sameContent(found.content, definition);
    if (isSame) return { kind, id, file, plan: 'same', text: '' };
    const form = /\.ya?ml$/.test(file) ? 'yaml' : file.endsWith('.json') ? 'json' : undefined;
    const text = form === undefined ? undefined : definitionText(kind, definition, form);
    if (text === undefined) return { kind, id, file, plan: 'cannot', text: '' };
    return { kind, id, file, plan: found === undefined ? 'write' : 'overwrite', text };
  });
}

/** Files are called by ids: what is none could lead anywhere. */
function notOurs(kind: DefinitionKind, id: string): CircuitBreakerError {
  return new CircuitBreakerError(
    'UNAVAILABLE',
    `The server names the ${kind} ${shown(id)}, which is no id: nothing is written.`,
  );
}

/** Writes a file whole, so that nobody ever reads a part of it. Throws where a new one is there already, and not to be overwritten. */
export async function writeFileWhole(
  folder: string,
  { file, text }: PlannedFile,
  { force }: { readonly force: boolean },
): Promise<void> {
  const path = join(folder, file);
  await makeDirectory(dirname(path));
  const root = await realpath(folder);
  const real = await realpath(dirname(path));
  if (relative(root, real).startsWith('..')) {
    throw new CircuitBreakerError(
      'VALIDATION_FAILED',
      `${dirname(file)} leads out of the folder: nothing is written there.`,
    );
  }
  await writeWhole(join(real, basename(file)), text, { overwrites: force });
}

/** Ids differ in capitals; on some systems files do not. Windows takes no colon. */
function newFile(kind: DefinitionKind, id: string, names: Set<string>): string {
  const name = `${kind}s/${id.replaceAll(':', '~')}`;
  for (let count = 1; ; count += 1) {
    const file = `${name}${count === 1 ? '' : `~${count}`}.yaml`;
    if (names.has(file.toLowerCase())) continue;
    names.add(file.toLowerCase());
    return file;
  }
}

function sameContent(content: object, { id: _id, ...definition }: JsonObject): boolean {
  return canonicalJson(JSON.parse(JSON.stringify(content)) as JsonObject) === canonicalJson(definition);
}
