import { access } from 'node:fs/promises';

/** Whether something lies at this path that may be looked at. */
export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
