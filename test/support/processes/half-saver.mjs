/**
 * Saves files as editors should not: ten times a second, cut to nothing first, then half of it, then the rest; every third time by renaming. Its
 * arguments are the folder, how often, and, as JSON, the files: each as two halves, in which N stands for the number of the save.
 */
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', times = '0', files = '{}'] = process.argv.slice(2);
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

for (let save = 1; save <= Number(times); save += 1) {
  for (const [file, halves] of Object.entries(JSON.parse(files))) {
    const path = join(folder, file);
    const [first, second] = halves.map((half) => half.replaceAll('N', String(save)));
    if (save % 3 === 0) {
      writeFileSync(`${path}~`, first + second);
      renameSync(`${path}~`, path);
      continue;
    }
    const opened = openSync(path, 'w');
    sleep(5);
    writeSync(opened, first);
    sleep(15);
    writeSync(opened, second);
    closeSync(opened);
  }
  sleep(40);
}
