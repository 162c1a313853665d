import { parentPort } from 'node:worker_threads';

import { wordsOf } from '../core/errors.js';
import { doSchemaJob } from './do-schema-job.js';
import type { SchemaJob, ThreadWord } from './schema-job.js';

/** What runs in a thread of its own: one job after the other. */
const say = (word: ThreadWord) => {
  parentPort?.postMessage(word);
};

parentPort?.on('message', (job: SchemaJob) => {
  try {
    say(doSchemaJob(job));
  } catch (error) {
    say({ type: 'defect', message: wordsOf(error) });
  }
});
// The first schema takes a hundred times as long as the second: nobody shall wait for that within its own time.
doSchemaJob({ type: 'check', schema: '{}' });
say({ type: 'ready' });
