import { tellTallies } from '../../compose/open-alerts.js';
import { openBackends } from '../../compose/open-backends.js';
import { elsewhereCluster } from '../../compose/open-cluster.js';
import { runApi } from '../../compose/run-api.js';
import { runProcess } from '../../compose/run-process.js';
import { withTelemetry } from '../../compose/with-telemetry.js';

/** An API process. The Temporal server is elsewhere: TEMPORAL_ADDRESS, or the standard local port. */
export async function api(): Promise<void> {
  await runProcess(async (given) => {
    const parts = await withTelemetry(given);
    const backends = await openBackends(parts);
    tellTallies(parts, backends.storage);
    const { address } = await runApi(parts, elsewhereCluster(parts), backends);
    parts.say(`API ready: ${address}/graphql`);
  });
}
