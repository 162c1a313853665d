import type { Config } from '../../config.js';
import { isListening, portTaken } from '../../temporal/ports.js';
import { ApiClient } from '../api-client.js';
import { missing, ok, type Finding } from './finding.js';

const SUBJECT = 'API';

/** Checks that the API's port is free, or that a server of ours answers there already. */
export async function checkApi(config: Config): Promise<{ readonly finding: Finding; readonly isRunning: boolean }> {
  const { host, port } = config;
  const api = ApiClient.of(config);
  const health = await api.health();
  if (health === 'ready') return { finding: ok(SUBJECT, `Runs at ${api.address}.`), isRunning: true };
  if (health === 'unavailable') {
    const advice = 'Look into its log, or stop it and start again.';
    const text = `Runs at ${api.address}, but storage or Temporal does not answer it. ${advice}`;
    return { finding: missing(SUBJECT, text), isRunning: true };
  }
  const isTaken = await isListening(port, host);
  const finding = isTaken ? missing(SUBJECT, portTaken(port, 'PORT')) : ok(SUBJECT, `Port ${port} is free.`);
  return { finding, isRunning: false };
}
