import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { Config } from '../../config.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { lookAtAgentStorage, wordsOfLoss } from '../../storage/open-agent-storage.js';
import { openStorage } from '../../storage/open-storage.js';
import { refuseLockedFolder } from '../../backends/postgres/folder-lock.js';
import { connectServer } from '../../backends/postgres/open-sql.js';
import { openStreamLog } from '../../streams/open-stream-log.js';
import { neededFinding, note, ok, type Finding } from './finding.js';

const SILENT = { warn: () => undefined };

/** Whether storage, and agents and streams where they are elsewhere, can be opened. Opens no folder, makes no tables. */
export async function checkStorage(config: Config, isRunning: boolean): Promise<readonly Finding[]> {
  const { storageUrl, agentStorageUrl, streamUrl } = config;
  const look = (subject: string, url: string, open: () => Promise<void>) =>
    neededFinding(subject, () => lookAt({ subject, url, isRunning, open }));
  const storage = look('Storage', storageUrl, async () => {
    const { storage: opened } = await openStorage(storageUrl, { logger: SILENT });
    await opened.close();
  });
  const found = [storage];
  if (agentStorageUrl !== undefined) found.push(neededFinding('Agents', () => lookAtAgents(agentStorageUrl)));
  if (streamUrl !== storageUrl) {
    const open = async () => {
      await (await openStreamLog(streamUrl)).shutdown();
    };
    found.push(look('Streams', streamUrl, open));
  }
  return await Promise.all(found);
}

async function lookAtAgents(url: string): Promise<Finding> {
  const { mayLose } = await lookAtAgentStorage(url);
  return (mayLose === 'nothing' ? ok : note)('Agents', `Their server answers; ${wordsOfLoss(mayLose)}`);
}

interface Place {
  readonly subject: string;
  readonly url: string;
  readonly isRunning: boolean;
  readonly open: () => Promise<void>;
}

async function lookAt({ subject, url, isRunning, open }: Place): Promise<Finding> {
  const scheme = url.slice(0, url.indexOf(':'));
  if (scheme === 'pglite') return await lookAtFolder(subject, url.slice('pglite:'.length), isRunning);
  if (scheme === 'postgres' || scheme === 'postgresql') return await lookAtServer(subject, url);
  // Memory, which opens as quickly as it is lost, or a URL that is refused with what it may be.
  await open();
  if (scheme !== 'memory') return ok(subject, `The ${scheme} server answers.`);
  return note(subject, 'In memory: all of it is gone when the process ends.');
}

async function lookAtFolder(subject: string, folder: string, isRunning: boolean): Promise<Finding> {
  try {
    await refuseLockedFolder(folder);
  } catch (error) {
    if (!isRunning) throw error;
    return ok(subject, `The folder ${folder}, which a running process has open.`);
  }
  await refuseUnwritable(folder);
  // The lock lies beside the folder.
  await refuseUnwritable(dirname(resolve(folder)));
  return ok(subject, `The folder ${folder} is writable, and no process has it.`);
}

async function lookAtServer(subject: string, url: string): Promise<Finding> {
  const connection = await connectServer(url, { logger: SILENT });
  await connection.close();
  return ok(subject, `PostgreSQL at ${new URL(url).host} answers.`);
}

/** Throws UNAVAILABLE when neither the folder nor, where it is not there yet, the one to make it in can be written. */
export async function refuseUnwritable(folder: string): Promise<void> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      if (!(await stat(path)).isDirectory()) throw notWritable(folder, `${path} is not a folder`);
      await access(path, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (error instanceof CircuitBreakerError) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code !== 'ENOENT') throw notWritable(folder, `${code} at ${path}`);
    }
  }
}

function notWritable(folder: string, reason: string): CircuitBreakerError {
  const advice = 'Make it writable for this user, or set DATA_DIR to another folder.';
  return new CircuitBreakerError('UNAVAILABLE', `The folder ${folder} cannot be written (${reason}). ${advice}`);
}
