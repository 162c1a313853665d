import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { runDevServer, type DevServer } from '../../src/temporal/dev-server.js';
import { findTemporalCli } from '../../src/temporal/find-temporal-cli.js';
import { freePort } from './free-port.js';

export interface TestTemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
  stop(): Promise<void>;
}

/** The path of the Temporal CLI for tests, from the same cache that the program uses. */
async function temporalCli(): Promise<string> {
  const { PATH, XDG_CACHE_HOME, TEMPORAL_CLI_PATH } = process.env;
  const cacheDir = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'circuit-breaker');
  const search = {
    cacheDir,
    ...(PATH && { searchPath: PATH }),
    ...(TEMPORAL_CLI_PATH && { cliPath: TEMPORAL_CLI_PATH }),
  };
  return await findTemporalCli(search, (message) => {
    console.log(message);
  });
}

/** A real Temporal server on random ports with a folder of its own, for one test file. */
export async function startTemporalServer(): Promise<TestTemporalServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'temporal-'));
  const server = await startOn(dataDir);
  return {
    address: server.address,
    namespace: 'default',
    uiUrl: server.uiUrl,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function startOn(dataDir: string): Promise<DevServer> {
  const [port, uiPort] = [await freePort(), await freePort()];
  return await runDevServer({ cli: await temporalCli(), namespace: 'default', port, uiPort, dataDir });
}
