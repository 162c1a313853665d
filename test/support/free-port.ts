import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the system hands out to outgoing connections, which would take one between asking and using. */
const [LOWEST, HIGHEST] = [20_000, 32_000];

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
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
