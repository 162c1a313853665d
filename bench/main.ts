import { startAimock } from '../test/support/aimock-process.js';
import { newSetting, startEverything } from '../test/support/everything.js';
import { benchAnswerCache } from './answer-cache.js';
import { benchFallbacks } from './fallback-times.js';
import { benchDoors } from './doors/bench-doors.js';
import { benchFirstChunk } from './first-chunk.js';
import { benchLiveTokens } from './live-tokens.js';
import { benchLostWorkers } from './lost-workers.js';
import { benchPackage } from './package-size.js';
import { benchPayloads } from './payload-costs.js';
import { benchProcesses } from './process-costs.js';
import { benchProviders } from './provider-path.js';
import { benchRules } from './rule-costs.js';
import { benchSchemas } from './schema-costs.js';
import { benchStorage } from './storage-backends.js';
import { benchStreamLogs } from './stream-logs.js';
import { benchTelemetry } from './telemetry-costs.js';
import { benchTokens } from './token-throughput.js';
import { benchTools } from './tool-calls.js';

/** Figures of one run on this machine, each beside what a user would use instead. Medians and ratios, no verdicts. */
const [only, detail] = process.argv.slice(2);
const parts: Readonly<Record<string, () => Promise<void>>> = {
  providers: benchProviders,
  logs: benchStreamLogs,
  storage: benchStorage,
  processes: benchProcesses,
  doors: () => benchDoors(detail),
  rules: benchRules,
  schemas: benchSchemas,
  payloads: benchPayloads,
  engine: benchEngine,
  workers: () => benchLostWorkers(detail === undefined ? undefined : Number(detail)),
  fallbacks: () => benchFallbacks(fromEnvironment()),
  tools: () => benchTools(fromEnvironment()),
  telemetry: benchTelemetry,
  package: benchPackage,
};
for (const [name, bench] of Object.entries(parts)) if (only === undefined || only === name) await bench();

async function benchEngine(): Promise<void> {
  const modulePath = new URL('../test/support/aimock-review.ts', import.meta.url).pathname;
  const aimock = await startAimock({ modulePath, latencyMs: 5, chunkSize: 16 });
  const setting = await newSetting({ OPENAI_BASE_URL: aimock.baseUrl, ...fromEnvironment() });
  const everything = await startEverything(setting);
  try {
    console.log(`Storage: ${process.env['STORAGE_URL'] ?? 'PGlite (set STORAGE_URL for another)'}`);
    await benchFirstChunk(setting.address, aimock.baseUrl);
    await benchAnswerCache(setting.address);
    await benchTokens(setting.address, setting.temporalAddress);
    const { address, temporalAddress } = setting;
    await benchLiveTokens({ address, temporalAddress, workerPid: everything.pid ?? 0 });
  } finally {
    await everything.stop();
    await aimock.stop();
    await setting.remove();
  }
}

function fromEnvironment(): Record<string, string> {
  const { STORAGE_URL, PAYLOAD_ENCRYPTION_KEYS } = process.env;
  return {
    ...(STORAGE_URL === undefined ? {} : { STORAGE_URL }),
    ...(PAYLOAD_ENCRYPTION_KEYS === undefined ? {} : { PAYLOAD_ENCRYPTION_KEYS }),
  };
}
