import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { programEnvironments } from '../../src/core/program-environment.js';
import { runDevServer } from '../../src/temporal/dev-server.js';
import { isListening } from '../../src/temporal/ports.js';
import { findTemporalCli } from '../../src/temporal/find-temporal-cli.js';
import { freePort } from './free-port.js';
import { freezeProcess } from './frozen-process.js';

export interface TestTemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
  /** Where its database is. */
  readonly dataDir: string;
  /** The hard way. */
  kill(): void;
  /** It keeps its connections and answers nobody, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): void;
  /** On the same folder and ports, once what was killed is gone. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The path of the Temporal CLI for tests, from the same cache that the program uses. */
export async function temporalCli(): Promise<string> {
  const { PATH, XDG_CACHE_HOME, TEMPORAL_CLI_PATH } = process.env;
  const cacheDir = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'circuit-breaker');
  const search = {
    cacheDir,
    environments: programEnvironments(process.env),
    ...(PATH && { searchPath: PATH }),
    ...(TEMPORAL_CLI_PATH && { cliPath: TEMPORAL_CLI_PATH }),
  };
  const report = (message: string) => {
    console.log(message);
  };
  return await findTemporalCli(search, { report });
}

export interface TestTemporalOptions {
  /** Events of a history at which Temporal suggests to go on as a new run; 4,096 where nothing is said. */
  readonly suggestContinueAsNewAt?: number;
  /** What is deleted is gone within seconds: the server looks twice a minute whether it may be. */
  readonly deletesAtOnce?: boolean;
  /** False: worker deployments are turned off, as on a server that does not know them yet. */
  readonly routesByBuilds?: boolean;
}

/** A real Temporal server on random ports with a folder of its own, for one test file. */
export async function startTemporalServer(options: TestTemporalOptions = {}): Promise<TestTemporalServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'temporal-'));
  const { suggestContinueAsNewAt, deletesAtOnce = false, routesByBuilds = true } = options;
  const dynamicConfig = [
    ...(suggestContinueAsNewAt === undefined
      ? []
      : [`limit.historyCount.suggestContinueAsNew=${suggestContinueAsNewAt}`]),
    ...(routesByBuilds ? [] : ['system.enableDeploymentVersions=false']),
    ...(deletesAtOnce ? ['history.transferProcessorUpdateAckInterval="100ms"'] : []),
  ];
  const [port, uiPort, cli] = [await freePort(), await freePort(), await temporalCli()];
  const environment = programEnvironments(process.env).forAll;
  const run = () => runDevServer({ cli, namespace: 'default', port, uiPort, dataDir, environment, dynamicConfig });
  let server = await run();
  return {
    address: server.address,
    namespace: 'default',
    uiUrl: server.uiUrl,
    dataDir,
    kill: () => {
      process.kill(server.pid, 'SIGKILL');
    },
    freeze: () => freezeProcess(server.pid),
    thaw: () => {
      process.kill(server.pid, 'SIGCONT');
    },
    restart: async () => {
      await portIsFree(port);
      server = await run();
    },
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A program that was killed holds its port for a moment longer. */
async function portIsFree(port: number): Promise<void> {
  while (await isListening(port)) await delay(10);
}
