import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readData } from '../../../src/cli/operator/read-data.js';

let file: string;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'data-')), 'data.json');
});
afterEach(() => rm(join(file, '..'), { recursive: true }));

describe('the data of a command', () => {
  it('is read from a file that begins with a mark', async () => {
    await writeFile(file, '\ufeff{"a":1}');
    expect(await readData(`@${file}`)).toEqual({ a: 1 });
    expect(await readData('{"a":2}')).toEqual({ a: 2 });
  });

  it('is refused in one line where it could not be sent', async () => {
    await writeFile(file, `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    await expect(readData(`@${file}`)).rejects.toThrow(/data\.json cannot be read: its values are nested deeper/);
    await writeFile(file, Buffer.alloc(17 * 1024 * 1024, 0x20));
    await expect(readData(`@${file}`)).rejects.toThrow(/data\.json cannot be read: it has more than 16 MiB$/);
    await expect(readData('@')).rejects.toThrow(/^--data @ needs the name of a file/);
    await expect(readData('[1]')).rejects.toThrow('--data is no JSON object.');
  });

  it.runIf(process.platform === 'linux')('is not read for ever', async () => {
    await expect(readData('@/dev/zero')).rejects.toThrow(/zero cannot be read: it has more than 16 MiB$/);
  });
});
