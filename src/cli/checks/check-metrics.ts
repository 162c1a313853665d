import type { Config } from '../../config.js';
import { isListening, portTaken } from '../../temporal/ports.js';
import { missing, note, ok, type Finding } from './finding.js';

const SUBJECT = 'Metrics';

/** Whether a start could serve metrics where it is to. A process of ours that runs serves its own there. */
export async function checkMetrics(
  { telemetry: { scraped } }: Pick<Config, 'telemetry'>,
  isRunning: boolean,
): Promise<readonly Finding[]> {
  if (scraped === undefined || isRunning) return [];
  const { host, port, isChosen } = scraped;
  if (!(await isListening(port, host))) return [ok(SUBJECT, `Will be at ${host}, port ${port}.`)];
  if (isChosen) return [missing(SUBJECT, portTaken(port, 'METRICS_PORT'))];
  const advice = 'METRICS_PORT chooses another one, 0 none.';
  return [note(SUBJECT, `Port ${port} is taken: a start goes on, and serves no metrics. ${advice}`)];
}
