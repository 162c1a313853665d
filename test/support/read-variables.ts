import { readFileSync } from 'node:fs';

/** The variables of the environment that are read, as `.env.example` has them: a test finds out when one is missing there. */
const VARIABLES: ReadonlySet<string> = new Set(
  [...readFileSync('.env.example', 'utf8').matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(([, name = '']) => name),
);

/** Whether a process of ours reads a variable, or the file that it names. */
export function isRead(name: string): boolean {
  return VARIABLES.has(name) || VARIABLES.has(name.replace(/_FILE$/, ''));
}
