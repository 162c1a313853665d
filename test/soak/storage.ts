import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { report } from '../support/report.js';
import { runStorageTrial, type LogLine } from '../support/storage-trial.js';
import { STORAGES } from '../support/storages-under-trial.js';

/**
 * `npm run soak:storage -- SECONDS BACKEND FAULT`: under load, the server of a backend goes through each of its faults, or through one, for
 * so long each: `postgres` is stopped, frozen, read-only, and its disk full.
 */
const [seconds = '20', backend = 'postgres', only] = process.argv.slice(2);
const open = Object.entries(STORAGES).find(([name]) => name === backend)?.[1];
if (open === undefined)
  throw new Error(`there is no backend ${backend}: it may be ${Object.keys(STORAGES).join(', ')}`);
const logPath = join(tmpdir(), `storage-trial-${Date.now()}.log`);
const log = createWriteStream(logPath);
report(`${backend}, each for ${seconds} s; what the processes say: ${logPath}`);
const storage = await open();
try {
  const { wrong, faults } = await runStorageTrial({
    ...storage,
    faults: storage.faults.filter(({ name }) => only === undefined || name === only),
    faultMs: Number(seconds) * 1000,
    say: (name, output) => log.write(`${name}:\n${output}\n`),
  });
  for (const { name, lines, acknowledged, refused, slowestMs, memoryMib } of faults) {
    report(`${name}: ${acknowledged}; ${refused} calls refused, the slowest took ${slowestMs} ms`);
    for (const [process, said] of Object.entries(lines)) {
      report(`  ${process}: ${memoryMib[process] ?? 0} MiB, ${said.length} lines`);
      for (const one of kinds(said)) report(`    ${one}`);
    }
  }
  for (const one of wrong) report(one);
  report(wrong.length === 0 ? 'All is as promised.' : `${wrong.length} are not as promised.`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await storage.stop();
  log.end();
}

function kinds(lines: readonly LogLine[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { level, msg } of lines) counts.set(`${level} ${msg}`, (counts.get(`${level} ${msg}`) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} × ${kind}`);
}
