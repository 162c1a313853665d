import { randomUUID } from 'node:crypto';

import { expect, it } from 'vitest';

import { eventually } from '../../support/eventually.js';
import type { KeyMark, ProviderKeyStore } from '../../../src/storage/provider-key-store.js';

export function providerKeyStoreContract(store: () => ProviderKeyStore): void {
  const aMark = (fields: Partial<KeyMark> = {}): KeyMark => {
    return { endpoint: randomUUID(), kind: 'limited', model: 'm', forMs: 60_000, ...fields };
  };
  const held = async (...endpoints: string[]) =>
    (await store().list(endpoints)).map(({ kind, model }) => `${kind} ${model}`).sort();

  it('says of a key how long it rests, and since when', async () => {
    const mark = aMark();
    await store().mark(mark);
    const [found] = await store().list([mark.endpoint, randomUUID()]);
    expect(found).toMatchObject({ endpoint: mark.endpoint, kind: 'limited', model: 'm' });
    expect(found?.forMs).toBeGreaterThan(50_000);
    expect(found?.forMs).toBeLessThanOrEqual(60_000);
    expect(found?.sinceMs).toBeLessThan(10_000);
    expect(found?.sinceMs).toBeGreaterThanOrEqual(0);
    expect(await store().list([])).toEqual([]);
  });

  it('keeps of two rests of a key the one that ends later', async () => {
    const { endpoint } = aMark();
    await store().mark(aMark({ endpoint, forMs: 60_000 }));
    await store().mark(aMark({ endpoint, forMs: 1_000 }));
    await store().mark(aMark({ endpoint, forMs: 5_000, kind: 'auth', model: '' }));
    const found = await store().list([endpoint]);
    expect(await held(endpoint)).toEqual(['auth ', 'limited m']);
    expect(found.find(({ kind }) => kind === 'limited')?.forMs).toBeGreaterThan(50_000);
  });

  it('takes back that a key was refused, and not that it is limited', async () => {
    const [endpoint, other] = [randomUUID(), randomUUID()];
    for (const kind of ['limited', 'auth', 'quota'] as const) await store().mark(aMark({ endpoint, kind }));
    await store().mark(aMark({ endpoint: other, kind: 'auth' }));
    await store().clearRefusals(endpoint);
    expect(await held(endpoint, other)).toEqual(['auth m', 'limited m']);
  });

  it('forgets a rest that is over', async () => {
    const mark = aMark({ forMs: 20 });
    await store().mark(mark);
    await eventually(async () => {
      expect(await held(mark.endpoint)).toEqual([]);
    });
    await store().mark({ ...mark, forMs: 60_000 });
    expect(await held(mark.endpoint)).toEqual(['limited m']);
  });
}
