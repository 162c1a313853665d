import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { extract } from 'tar';

import { checkedContents } from '../../backup/backup-contents.js';
import { refuseFullFolder } from '../../backup/refuse-full-folder.js';
import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { makeDirectory } from '../../make-directory.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';
import { runClient } from '../run-client.js';

/** Writes what a server keeps into a folder: all of it, as it was sent, or nothing. */
export async function backup(request: CommandRequest): Promise<void> {
  await runClient(request, async ({ api, say, ending }) => {
    const [folder] = neededOperands(request, 'DIR');
    await refuseFullFolder(folder);
    const incoming = join(dirname(folder), `.${basename(folder)}.${process.pid}.incoming`);
    try {
      await makeDirectory(incoming);
      await unpack(await api.download('/backup', 'application/x-tar'), incoming, ending);
      const { files, madeAt } = await checkedContents(incoming);
      await rename(incoming, folder);
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      say(
        `${folder} has what ${api.address} kept at ${madeAt}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB.`,
      );
      say(`To make a data folder of it: DATA_DIR=restored npx circuit-breaker restore ${folder}`);
      say(
        'Keep the secrets of its environment as well (.env): without PAYLOAD_ENCRYPTION_KEYS nobody reads what they encrypted.',
      );
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
    return 0;
  });
}

async function unpack(archive: ReadableStream, folder: string, ending: AbortSignal): Promise<void> {
  try {
    const from = Readable.fromWeb(archive as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(from, extract({ cwd: folder, strict: true }), { signal: ending });
  } catch (error) {
    ending.throwIfAborted();
    throw new CircuitBreakerError(
      'UNAVAILABLE',
      `The backup broke off in its middle: ${wordsOf(error)}. Take another one.`,
    );
  }
}
