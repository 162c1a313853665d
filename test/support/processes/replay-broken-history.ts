import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Runtime, Worker } from '@temporalio/worker';

import { createLogger } from '../../../src/compose/logger.js';
import { temporalRuntime } from '../../../src/compose/temporal-logger.js';
import { parseConfig } from '../../../src/config.js';

const REPLAYS = 12;

/** Replays a history that does not fit, of which the native part of Temporal's SDK has something to say: with the secret. */
const config = parseConfig({ CREDENTIAL_GATEWAY: 'anotherWorkflow' }, { isTerminal: false });
const logger = await createLogger(config, () => undefined);

const codePath = fileURLToPath(new URL('../../../dist/workflow-bundle.js', import.meta.url));
const path = new URL('../../workflows/histories/broken-token-starts-another-child.json', import.meta.url);
const history: unknown = JSON.parse(readFileSync(path, 'utf8'));

Runtime.install(temporalRuntime(logger));
// Which of its threads does it decides whether it is said: not every time.
for (let replay = 0; replay < REPLAYS; replay += 1) {
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, 'reviewed').catch(() => undefined);
}
await Runtime.instance().shutdown();
