import { setTimeout as delay } from 'node:timers/promises';

import { lockFolder } from '../../../src/backends/postgres/folder-lock.js';

/** Takes a folder and keeps it until it is ended; says what came of it. */
try {
  await lockFolder(process.argv[2] ?? '');
  console.log('locked');
  await delay(600_000);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
