import type { ProcessParts } from './run-process.js';

/**
 * The parts of a process that tells what it measures and traces, where and to whom its configuration says. OpenTelemetry's SDK is loaded by
 * processes that serve, and not by tasks. Throws UNAVAILABLE where METRICS_PORT was chosen and is taken.
 */
export async function withTelemetry(parts: ProcessParts): Promise<ProcessParts> {
  const { scraped, pushed, traced } = parts.config.telemetry;
  if (scraped === undefined && pushed === undefined && traced === undefined) return parts;
  const { openTelemetry } = await import('./open-telemetry.js');
  return { ...parts, telemetry: await openTelemetry(parts) };
}
