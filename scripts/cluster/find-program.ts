import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a package manager may have put servers that are not on the PATH. */
const ELSEWHERE: readonly (() => readonly string[])[] = [
  () => within('/usr/lib/postgresql', 'bin'),
  () => within('/opt/homebrew/opt', 'bin').filter((folder) => folder.includes('postgresql')),
  () => ['/usr/sbin', '/usr/local/sbin'],
];

/** The path of a program: on the PATH, else where packages put servers, of several versions the newest. */
export function findProgram(name: string, searchPath = process.env['PATH'] ?? ''): string | undefined {
  const folders = [...searchPath.split(delimiter).filter((one) => one !== ''), ...ELSEWHERE.flatMap((find) => find())];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function within(folder: string, inner: string): readonly string[] {
  try {
    const newestFirst = readdirSync(folder).sort((left, right) => right.localeCompare(left, 'en', { numeric: true }));
    return newestFirst.map((name) => join(folder, name, inner));
  } catch {
    return [];
  }
}

/** Who somebody is that is nobody in particular: PostgreSQL does not run as root. Undefined: we are not root ourselves. */
export function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , uid, gid] = ['postgres', 'nobody'].flatMap((name) => users.filter(([user]) => user === name))[0] ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error('There is no user "postgres" or "nobody" to run PostgreSQL as.');
  return { uid: Number(uid), gid: Number(gid) };
}
