import { startSweeping, type SweepParts } from '../reconcile/sweep.js';
import type { Metrics } from '../telemetry/metrics.js';

/** The sweep, whose rounds are measured, and for how long none has ended that should have. Returns the function that stops it. */
export function measuredSweeping(parts: SweepParts, intervalMs: number, metrics: Metrics): () => void {
  let lastEnd = performance.now();
  metrics.observe('circuit_breaker_sweep_late_seconds', () => {
    const lateMs = performance.now() - lastEnd - intervalMs;
    return [[Math.max(0, lateMs) / 1000, {}]];
  });
  const onRound: SweepParts['onRound'] = ({ ms, failures }) => {
    lastEnd = performance.now();
    metrics.swept(ms, failures);
  };
  return startSweeping({ ...parts, onRound }, intervalMs);
}
