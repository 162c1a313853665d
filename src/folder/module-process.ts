/**
 * A program, in a process of its own: keeps the thread that loads modules, and passes on what is said. Here nothing ever takes long. So
 * a thread that takes all memory is told of in words, and one that never ends does not outlive whoever asked.
 */
import { createWriteStream } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { wordsOf } from '../core/errors.js';
import { endGroup } from '../temporal/child-process.js';
import { firstWords } from '../user-modules/failed-place.js';
import { MODULE_MEMORY_MB } from './module-limits.js';
import { moduleProgram } from './module-program.js';
import type { ModuleEnd, ModuleRequest, ModuleWord } from './module-word.js';

/** The file descriptor by which this process prints what modules print. */
const PRINTED = 4;
/** Of the process: also what modules hold beside JavaScript's own memory, such as buffers. */
const MOST_RESIDENT_BYTES = 2 * MODULE_MEMORY_MB * 1024 * 1024;
const LOOK_MS = 100;

const say = (word: ModuleWord) => process.send?.(word);

const thread = new Worker(moduleProgram('module-thread'), {
  eval: true,
  execArgv: [],
  stdout: true,
  stderr: true,
  resourceLimits: { maxOldGenerationSizeMb: MODULE_MEMORY_MB },
});
thread.on('message', say);
thread.on('error', (error: NodeJS.ErrnoException) => {
  say(howItEnded(error));
});
thread.on('exit', (code) => {
  say({ type: 'ended', message: `its process ended with code ${code} before it was loaded` });
});

// What is printed when V8 itself gives up goes nowhere: what modules print has a way of its own.
const printed = createWriteStream('', { fd: PRINTED });
// Nobody reads it any more.
printed.on('error', () => undefined);
for (const output of [thread.stdout, thread.stderr]) output.pipe(printed, { end: false });

setInterval(() => {
  if (process.memoryUsage.rss() > MOST_RESIDENT_BYTES) say({ type: 'too-large' });
}, LOOK_MS);

process.on('message', (request: ModuleRequest) => {
  thread.postMessage(request);
});
// Whoever asked is gone, in order or not. Not by process.exit, which waits for the thread.
process.on('disconnect', () => {
  endGroup(process.pid);
});

function howItEnded(error: NodeJS.ErrnoException): ModuleEnd {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return { type: 'too-large' };
  return { type: 'ended', message: firstWords(wordsOf(error)) };
}
