import type { PoolState } from '../backends/postgres/sql-connection.js';
import type { Storage } from '../storage/storage.js';
import type { Metrics } from '../telemetry/metrics.js';
import { ReadNowAndThen } from './read-now-and-then.js';

/** What looks at all tokens takes the database its time, however many ask. */
export const SERVING = { servesMs: 15_000, share: 0.02 };

/** What is the same for all processes is read from storage, by the API, when metrics are asked for. */
export function observeStorage(metrics: Metrics, { tokens, breakers }: Pick<Storage, 'tokens' | 'breakers'>): void {
  const places = new ReadNowAndThen(() => tokens.countActive(), SERVING);
  metrics.observe('circuit_breaker_tokens', async () =>
    (await places.value()).map(({ workflowId: workflow, place, tokens: count }) => [count, { workflow, place }]),
  );
  metrics.observe('circuit_breaker_incidents_open', async () =>
    (await places.value()).map(({ workflowId: workflow, place, incidents }) => [incidents, { workflow, place }]),
  );
  const kept = new ReadNowAndThen(() => breakers.list(), SERVING);
  metrics.observe('circuit_breaker_breakers', async () => {
    const states = (await kept.value()).map(({ state }) => state.type);
    return (['open', 'half-open'] as const).map((state) => [states.filter((one) => one === state).length, { state }]);
  });
}

/** Of a process that has a pool of connections. */
export function observePool(metrics: Metrics, poolState: (() => PoolState) | undefined): void {
  if (poolState === undefined) return;
  metrics.observe('circuit_breaker_pool_connections', () => {
    const { used, idle } = poolState();
    return [
      [used, { state: 'used' }],
      [idle, { state: 'idle' }],
    ];
  });
  metrics.observe('circuit_breaker_pool_waiting', () => [[poolState().waiting, {}]]);
}
