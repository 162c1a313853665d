import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { environmentOf } from './local-programs.js';
import { findProgram } from './find-program.js';
import type { LocalService } from './local-service.js';
import { runToEnd } from './run-to-end.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Asks what the file says that is to be asked. What a container has for that, and this machine may not, is asked by us: `wget`, `nc`. */
export async function isHealthy(service: LocalService, timeoutMs: number): Promise<boolean> {
  const [how, program = '', ...args] = service.check;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    if (how === 'CMD-SHELL') return await succeeds('sh', ['-c', program]);
    if (how !== 'CMD') return true;
    if (program === 'wget') return await answersHttp(args.at(-1) ?? '', signal);
    if (program === 'nc') return await listens(args.at(-2) ?? '', Number(args.at(-1)));
    if (program === 'node') return await succeeds(process.execPath, [join(ROOT, args[0] ?? ''), ...args.slice(1)]);
    return await succeeds(findProgram(program) ?? program, args);
  } catch {
    return false;
  }

  async function succeeds(path: string, words: readonly string[]): Promise<boolean> {
    await runToEnd(path, words, { environment: environmentOf(service), cwd: service.folder, signal });
    return true;
  }
}

async function answersHttp(url: string, signal: AbortSignal): Promise<boolean> {
  return await new Promise((resolve) => {
    get(url, { signal }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode === 200);
      });
    }).on('error', () => {
      resolve(false);
    });
  });
}

async function listens(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  return await new Promise((resolve) => {
    socket
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => {
        resolve(false);
      });
  });
}
