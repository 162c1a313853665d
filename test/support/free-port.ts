import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the system hands out to outgoing connections, which would take one between asking and using. */
const [LOWEST, HIGHEST] = [20_000, 32_000];
/** Test files that run side by side ask for ports of their own. */
const FILES_AT_ONCE = 8;
const given = new Set<number>();

/** A port that nobody listened on a moment ago; another one each time. */
export async function freePort(): Promise<number> {
  const place = Number(process.env['VITEST_POOL_ID'] ?? 0) % FILES_AT_ONCE;
  const choice = (HIGHEST - LOWEST) / FILES_AT_ONCE;
  for (;;) {
    const port = LOWEST + place * choice + Math.floor(Math.random() * choice);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
