import { expect, it } from 'vitest';

import { withTrial, type BreakerKey, type BreakerState } from '../../../src/core/executions/breaker.js';
import type { BreakerStore } from '../../../src/storage/breaker-store.js';
import { eventually } from '../../support/eventually.js';

let count = 0;

export function breakerStoreContract(store: () => BreakerStore): void {
  const fresh = (): BreakerKey => {
    count += 1;
    return { provider: 'openai', origin: 'https://models.example.com', model: `m-${count}` };
  };
  const open = (forMs: number): BreakerState => ({ type: 'open', code: 'overloaded', forMs });

  it('keeps the breaker of a model with its age, until a call takes it away', async () => {
    const key = fresh();
    expect(await store().get(key)).toBeUndefined();
    const first = await store().replace(key, undefined, { type: 'closed', failures: 1 });
    const second = await store().replace(key, first?.version, open(1000));
    expect(second?.version).not.toBe(first?.version);
    const kept = await store().get(key);
    expect(kept).toMatchObject({ state: open(1000), version: second?.version });
    expect(kept?.ageMs).toBeGreaterThanOrEqual(0);
    expect(kept?.ageMs).toBeLessThan(60_000);
    expect(await store().list()).toContainEqual(expect.objectContaining({ key, state: open(1000) }));
    expect(await store().replace(key, second?.version, undefined)).toEqual({});
    expect(await store().get(key)).toBeUndefined();
    expect((await store().list()).map((one) => one.key)).not.toContainEqual(key);
  });

  it('takes no change of what was changed meanwhile, also where it was taken away and came again', async () => {
    const key = fresh();
    const first = await store().replace(key, undefined, open(1));
    expect(await store().replace(key, undefined, open(2))).toBeUndefined();
    expect(await store().replace(key, undefined, undefined)).toBeUndefined();
    await store().replace(key, first?.version, undefined);
    await store().replace(key, undefined, open(3));
    expect(await store().replace(key, first?.version, open(4))).toBeUndefined();
    expect(await store().replace(key, first?.version, undefined)).toBeUndefined();
    expect(await store().get(key)).toMatchObject({ state: open(3) });
  });

  it('lets one call try of many that want to at once', async () => {
    const key = fresh();
    await store().replace(key, undefined, open(1));
    const seen = await eventually(async () => {
      const kept = await store().get(key);
      const trial = withTrial(kept, 'trial-0');
      if (kept === undefined || trial === undefined) throw new Error('it is not due yet');
      return kept;
    });
    const claims = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const state = withTrial(seen, `trial-${index}`);
        return (await store().replace(key, seen.version, state)) === undefined ? [] : [`trial-${index}`];
      }),
    );
    expect(claims.flat()).toHaveLength(1);
    expect(await store().get(key)).toMatchObject({ state: { type: 'half-open', trial: claims.flat()[0] } });
  });
}
