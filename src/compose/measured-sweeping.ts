import { startSweeping, type SweepParts } from '../reconcile/sweep.js';
import type { Metrics } from '../telemetry/metrics.js';

/** The sweep, whose rounds are measured, and for how long none has ended that should have. Returns the function that stops it. */
export function measuredSweeping(parts: SweepParts, intervalMs: number, metrics: Metrics): () => void {
  let lastEnd = performance.now();
  metrics.observe('circuit_breaker_sweep_late_seconds', () => {
    const lateMs = performance.now() - lastEnd - intervalMs;
    return [[Math.max(0, lateMs) / 1000, {}]];
  });
  const onRound: SweepParts['onRound'] = (round) => {
    lastEnd = performance.now();
    metrics.swept(round.ms, round.failures);
    parts.onRound?.(round);
  };
  return startSweeping({ ...parts, onRound }, intervalMs);
}
