import { Worker } from 'node:worker_threads';

import { onRunningTools, type RunningTool } from '../tools/running-tools.js';

export interface WatchOptions {
  readonly logFormat: 'json' | 'pretty';
  /** Between two looks; a process that was frozen has had none meanwhile. */
  readonly lookEveryMs?: number;
  /** After so many looks at which nothing had moved the log says which tools run. */
  readonly looksUntilWarning?: number;
  /** After so many the process is killed: nobody else can end what never ends, and its work goes to another one. */
  readonly looksUntilEnd?: number;
}

/** Runs in a thread, which takes no closures: this text is all that it knows. It writes past the thread that it watches. */
const WATCHER = `
const { parentPort, workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { beats, logFormat, lookEveryMs, looksUntilWarning, looksUntilEnd } = workerData;
const beat = new Int32Array(beats);
const running = new Map();
let seen = 0;
let looks = 0;

parentPort.on('message', ({ id, tool }) => {
  if (tool === undefined) running.delete(id);
  else running.set(id, tool);
});

function say(level, name, text) {
  const tools = [...running.values()];
  const line = logFormat === 'json'
    ? JSON.stringify({ level, time: Date.now(), tools, msg: text })
    : name + ': ' + text + ' Running: ' + JSON.stringify(tools);
  writeSync(2, line + '\\n');
}

setInterval(() => {
  const now = Atomics.load(beat, 0);
  looks = now === seen ? looks + 1 : 0;
  seen = now;
  if (looks === looksUntilWarning) say(50, 'ERROR', 'A tool computes and lets nothing else of this process run.');
  if (looks < looksUntilEnd) return;
  say(60, 'FATAL', 'A tool computes without end: this process is killed, so that what else it did can go on elsewhere.');
  process.kill(process.pid, 'SIGKILL');
}, lookEveryMs);
`;

/**
 * Looks from a thread of its own whether the event loop of this process still turns: a tool that computes for ever would
 * hold up everything, and nothing here could say so. Gives the way to stop it.
 */
export function watchEventLoop({
  logFormat,
  lookEveryMs = 1000,
  looksUntilWarning = 10,
  looksUntilEnd = 60,
}: WatchOptions): () => Promise<void> {
  const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const workerData = { beats, logFormat, lookEveryMs, looksUntilWarning, looksUntilEnd };
  const watcher = new Worker(WATCHER, { eval: true, workerData });
  watcher.unref();
  const beat = setInterval(() => Atomics.add(new Int32Array(beats), 0, 1), lookEveryMs / 2);
  beat.unref();
  const ids = new Map<RunningTool, number>();
  let count = 0;
  const stopListening = onRunningTools((tool, isRunning) => {
    const id = ids.get(tool) ?? (count += 1);
    if (isRunning) ids.set(tool, id);
    else ids.delete(tool);
    watcher.postMessage(isRunning ? { id, tool } : { id });
  });
  return async () => {
    stopListening();
    clearInterval(beat);
    await watcher.terminate();
  };
}
