import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('schema/', import.meta.url);

/** The API's schema, from all files of the folder beside this one. */
export function loadSchema(): string {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.graphql'));
  return files
    .sort()
    .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
    .join('\n');
}
