import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of a dev server's database, its log of writes among them, that have any of the texts. */
export async function temporalFilesWith(folder: string, texts: readonly string[]): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('temporal.db'));
  if (!names.includes('temporal.db')) throw new Error(`there is no database of Temporal in ${folder}`);
  const forms = texts.flatMap(formsOf);
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return names.filter((_, index) => forms.some((form) => contents[index]?.includes(form)));
}

/** A text as it looks in bytes of others: as it stands there, and within base64 wherever it begins. */
function formsOf(text: string): readonly Buffer[] {
  const encoded = ['', 'x', 'xx'].map((before) =>
    Buffer.from(before + text)
      .toString('base64')
      .slice(4, -4),
  );
  return [text, ...encoded].map((form) => Buffer.from(form));
}
