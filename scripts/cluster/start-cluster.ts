import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { claimFolder } from './claim-folder.js';
import { readComposeFile, type ComposeFile, type ComposeService } from './compose-file.js';
import type { Variables } from './interpolation.js';
import { isTemporalServer, isWithinTemporalServer, launchOf, userOf } from './local-programs.js';
import { choosePorts, processNames, type PortTable } from './local-ports.js';
import { localPaths, localService, localText } from './local-service.js';
import type { ProcessRecord } from './process-record.js';
import { putFiles } from './put-files.js';
import { runToEnd } from './run-to-end.js';
import { ServiceProcess } from './service-process.js';
import { startOrder, type StartOrder } from './start-order.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The network of containers is this machine's own. */
const THIS_MACHINE = '127.0.0.0/8';

export interface ClusterOptions {
  /** Absent: docker-compose.yml of this project. */
  readonly file?: string;
  /** All volumes, and what processes are handed, lie under it. */
  readonly dataDir: string;
  readonly secretsDir: string;
  /** For `${NAME}` in the file. */
  readonly variables?: Variables;
  /** Whether services are at the ports that the file publishes; otherwise they, as all others, have free ones. */
  readonly asPublished?: boolean;
  /** Aborted when nobody waits for the start any more. */
  readonly signal?: AbortSignal;
  /** What a process says, or what is said about it. */
  readonly say: (name: string, line: string) => void;
}

/** A cluster that runs as processes of this machine. */
export interface Cluster {
  /** `127.0.0.1:port` of each process of a service. */
  addresses(service: string, port: number): readonly string[];
  /** The processes, by name: `api-1`. */
  readonly processes: readonly Pick<ServiceProcess, 'name' | 'service' | 'pid' | 'kill' | 'untilWell'>[];
  secret(name: string): string;
  /** Ends all, in order: whoever is needed by others after them. */
  stop(): Promise<void>;
}

/**
 * Starts what a compose file describes, as processes of this machine, in the order of what they need, and resolves when all are
 * well. Rejects with all that is missing on this machine; whatever was started is ended then.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const dataDir = resolve(options.dataDir);
  const { record, release } = await claimFolder(dataDir);
  let processes: readonly ServiceProcess[] = [];
  const stop = async () => {
    await stopAll(processes);
    await release();
  };
  try {
    await Promise.all([
      runToEnd('sh', [join(ROOT, 'deploy/make-secrets.sh'), options.secretsDir]),
      runToEnd(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--to-run']),
    ]);
    const variables = { ...options.variables, SECRETS_DIR: resolve(options.secretsDir), FRONT_NETWORK: THIS_MACHINE };
    const file = readComposeFile(options.file ?? join(ROOT, 'docker-compose.yml'), variables);
    const order = startOrder(file, { isStandIn: isTemporalServer, isWithin: isWithinTemporalServer });
    const ports = await choosePorts(Object.values(file.services), { asPublished: options.asPublished ?? false });
    const addresses = (service: string, port: number) => addressesOf(file, ports, { service, port });
    processes = await prepareAll({ file, order, ports, dataDir, addresses, record, say: options.say });
    await Promise.race([startAll(order, processes), aborted(options.signal)]);
    const secret = (name: string) => readFileSync(file.secrets[name] ?? '', 'utf8').trim();
    return { addresses, processes, secret, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function aborted(signal?: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    const giveUp = () => {
      reject(new Error('The start was given up.'));
    };
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}

interface Plan extends Pick<ClusterOptions, 'say'> {
  readonly file: ComposeFile;
  readonly order: StartOrder;
  readonly ports: PortTable;
  readonly dataDir: string;
  readonly record: ProcessRecord;
  readonly addresses: Cluster['addresses'];
}

async function prepareAll(plan: Plan): Promise<readonly ServiceProcess[]> {
  const missing: string[] = [];
  const prepared: ServiceProcess[] = [];
  for (const service of plan.order.started) {
    for (const name of processNames(service)) {
      try {
        prepared.push(await prepare(service, name, plan));
      } catch (error) {
        missing.push(`  ${service.name}: ${error instanceof Error ? error.message : String(error)}`);
        break;
      }
    }
  }
  if (missing.length > 0) throw new Error(`The cluster cannot be started on this machine:\n${missing.join('\n')}`);
  return prepared;
}

async function prepare(service: ComposeService, name: string, plan: Plan): Promise<ServiceProcess> {
  const { file, ports, dataDir, addresses } = plan;
  const folder = join(dataDir, 'run', name);
  const volumes = join(dataDir, 'volumes');
  mkdirSync(volumes, { recursive: true });
  const paths = localPaths(service, { own: folder, volumes });
  const place = {
    ...{ name, folder, paths },
    ports: ports.get(name) ?? new Map<number, number>(),
    addressOf: (other: string, port: number) => addresses(other, port)[0],
  };
  const local = localService(service, place);
  const textHere = (text: string) => localText(text, place);
  putFiles(service, file, { folder, paths, textHere, user: userOf(service.image) });
  const launch = await launchOf(local, {
    say: (line) => {
      plan.say(name, line);
    },
    temporalFolder: join(volumes, 'temporal'),
    temporalUiPort: Number(addresses('temporal-ui', 8080)[0]?.split(':')[1]),
    upstreams: addresses,
  });
  return new ServiceProcess({
    service,
    local,
    launch,
    record: plan.record,
    say: (line) => {
      plan.say(name, line);
    },
  });
}

/** Each as soon as what it needs is as it needs it. */
async function startAll({ started, within }: StartOrder, processes: readonly ServiceProcess[]): Promise<void> {
  const ofService = (name: string) => processes.filter(({ service }) => service === name);
  const running = new Map<string, Promise<void>>();
  const wellOnce = (name: string): Promise<void> => {
    const part = within.find((one) => one.name === name);
    // What a program has within it is there when the program is.
    if (part !== undefined) return Promise.all(Object.keys(part.depends_on).map(wellOnce)).then(() => undefined);
    return running.get(name) ?? Promise.resolve();
  };
  for (const { name, depends_on: needs } of started) {
    const start = async () => {
      await Promise.all(Object.keys(needs).map(wellOnce));
      await Promise.all(ofService(name).map((one) => one.start()));
      await Promise.all(ofService(name).map((one) => one.untilWell()));
    };
    running.set(name, start());
  }
  await Promise.all(running.values());
}

async function stopAll(processes: readonly ServiceProcess[]): Promise<void> {
  const services = [...new Set(processes.map(({ service }) => service))].reverse();
  for (const name of services) {
    await Promise.all(processes.filter(({ service }) => service === name).map((one) => one.stop()));
  }
}

function addressesOf(
  { services }: ComposeFile,
  ports: PortTable,
  { service, port }: { readonly service: string; readonly port: number },
): readonly string[] {
  const described = services[service];
  if (described === undefined) return [];
  return processNames(described).flatMap((name) => {
    const here = ports.get(name)?.get(port);
    return here === undefined ? [] : [`127.0.0.1:${here}`];
  });
}
