import type { ProcessParts } from '../../compose/run-process.js';
import { uiOf } from '../../temporal/open-temporal.js';
import { ApiClient } from '../api-client.js';

export interface RunningServer {
  readonly api: ApiClient;
  /** Of the namespace in the Temporal UI, where it is known. */
  readonly historyUrl: string | undefined;
  readonly startedHere: boolean;
}

/** The server that runs at the configured address; where none does, everything is started in this process. */
export async function findOrStart(parts: ProcessParts): Promise<RunningServer> {
  const api = ApiClient.of(parts.config, parts.ending);
  const { temporal } = parts.config;
  if (await api.isReady()) {
    parts.say(`Using the server that runs at ${api.address}.`);
    return { api, historyUrl: historyOf(uiOf(temporal).uiUrl, temporal.namespace), startedHere: false };
  }
  const { runEverything } = await import('../../compose/run-everything.js');
  const { uiUrl } = await runEverything(parts);
  return { api, historyUrl: historyOf(uiUrl, temporal.namespace), startedHere: true };
}

function historyOf(uiUrl: string | undefined, namespace: string): string | undefined {
  return uiUrl === undefined ? undefined : `${uiUrl}/namespaces/${namespace}`;
}
