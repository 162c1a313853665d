import { readdir } from 'node:fs/promises';

import { CircuitBreakerError } from '../core/errors.js';

/** Throws ALREADY_EXISTS where there is anything in the folder. One that is not there is empty. */
export async function refuseFullFolder(folder: string, advice = 'Name one that is not there yet.'): Promise<void> {
  const there = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  if (there.length > 0) throw new CircuitBreakerError('ALREADY_EXISTS', `The folder ${folder} is not empty. ${advice}`);
}
