import { expect, it } from 'vitest';

import type { TemporalHomeStore } from '../../../src/storage/temporal-home-store.js';
import { NOW } from '../../support/builders.js';

export function temporalHomeStoreContract(store: () => TemporalHomeStore): void {
  it('belongs to the first Temporal namespace that claims it, until another one is adopted', async () => {
    const [first, second] = ['1', '2'].map((namespaceId) => ({ namespaceId, namespace: 'default', since: NOW }));
    if (first === undefined || second === undefined) throw new Error('there are two');
    expect(await store().get()).toBeUndefined();
    expect(await store().claim(first)).toEqual(first);
    expect(await store().claim(second)).toEqual(first);
    await store().adopt(second);
    expect(await store().get()).toEqual(second);
    expect(await store().claim(first)).toEqual(second);
  });
}
