import { buildFindings, type BuildFinding } from '../../compose/build-findings.js';
import type { Config } from '../../config.js';
import { wordsOf } from '../../core/errors.js';
import { connectClient } from '../../temporal/connect.js';
import { namedCluster } from '../../temporal/open-temporal.js';
import { WorkerBuilds } from '../../temporal/worker-builds.js';
import { missing, note, ok, type Finding } from './finding.js';

const WORKERS = 'Workers';

/**
 * Whether workers answer for the tokens of each build. Says nothing where workers have none, and where Temporal does not answer: the check
 * of that says why.
 */
export async function checkBuilds({ temporal, taskQueuePrefix }: Config): Promise<readonly Finding[]> {
  const { address, deployment } = temporal;
  if (address === undefined || deployment === undefined) return [];
  const connected = await connectClient(namedCluster(temporal, address)).catch(() => undefined);
  if (connected === undefined) return [];
  const { client, connection } = connected;
  try {
    const found = await buildFindings(client, new WorkerBuilds(client, deployment.name), taskQueuePrefix);
    const left = found.filter(({ answers }) => answers === false);
    if (left.length > 0) return left.map((build) => note(WORKERS, wordsOfLeft(build)));
    return [ok(WORKERS, wordsOfAll(deployment.name, found))];
  } catch (error) {
    return [missing(WORKERS, wordsOf(error))];
  } finally {
    await connection.close();
  }
}

function wordsOfLeft({ buildId, tokens, executions }: BuildFinding): string {
  const held = [counted(tokens, 'token'), counted(executions, 'execution')].filter((one) => one !== undefined);
  return `build ${buildId} has ${held.join(', ')} and no worker that answers. Start one, or have another build take them over:\ncircuit-breaker upgrade --check says which can.`;
}

function counted(count: number, what: string): string | undefined {
  if (count === 0) return undefined;
  return `${count} running ${what}${count === 1 ? '' : 's'}`;
}

function wordsOfAll(name: string, found: readonly BuildFinding[]): string {
  const current = found.find(({ isCurrent }) => isCurrent)?.buildId;
  if (found.length === 0) return `No worker of ${name} has been here yet.`;
  return current === undefined ? `No build of ${name} is current.` : `What begins goes to build ${current} of ${name}.`;
}
