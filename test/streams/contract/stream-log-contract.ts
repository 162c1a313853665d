import { afterAll, beforeAll, describe } from 'vitest';

import { appending } from './appending.js';
import { claiming } from './claiming.js';
import { closing } from './closing.js';
import { racing } from './racing.js';
import { reading } from './reading.js';
import { readingLongLogs } from './reading-long-logs.js';
import { telling } from './telling.js';
import { tellingApart } from './telling-apart.js';
import type { StreamBackend } from './stream-backend.js';
import { watching } from './watching.js';

const RULES = [claiming, appending, telling, closing, reading, readingLongLogs, watching, tellingApart, racing];

/** Every rule of the port, on one backend. */
export function streamLogContract(name: string, start: () => Promise<StreamBackend>): void {
  describe(`the stream log on ${name}`, () => {
    let backend: StreamBackend | undefined;
    const underTest = () => {
      if (backend === undefined) throw new Error('the backend has not started');
      return backend;
    };

    beforeAll(async () => {
      backend = await start();
    });
    afterAll(() => backend?.close());

    for (const rules of RULES) rules(underTest);
  });
}
