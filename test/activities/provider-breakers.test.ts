import { beforeEach, describe, expect, it, vi } from 'vitest';

import { passOpenBreakers } from '../../src/activities/pass-open-breakers.js';
import { TurnRoute } from '../../src/activities/turn-route.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { providerRoute } from '../../src/core/executions/provider-route.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { breakersOn } from '../support/breakers.js';
import { eventually } from '../support/eventually.js';
import { aProvider } from '../support/model-request.js';

const OWN = aProvider({ model: 'own' });
const fallback = (model: string) => ({ llmProvider: aProvider({ model }) });
const AWAY = new CircuitBreakerError('UNAVAILABLE', 'away');

describe('the breakers of several workers on one storage', () => {
  let storage: Storage;
  beforeEach(async () => {
    ({ storage } = await openStorage('memory:', { logger: { warn: () => undefined } }));
  });

  async function failOften(breakers: ReturnType<typeof breakersOn>, provider = OWN, times = 5): Promise<void> {
    for (let count = 0; count < times; count += 1) await breakers.watch(provider).failed('overloaded');
  }

  const route = (...models: readonly string[]) =>
    new TurnRoute(providerRoute({ llmProvider: OWN, fallbacks: models.map(fallback) }, 'own'), {});

  it('open for all of them with the failures of any', async () => {
    const [one, other, third] = [breakersOn(storage), breakersOn(storage), breakersOn(storage)];
    await failOften(one, OWN, 3);
    expect(await third.judge(OWN)).toEqual({ type: 'closed' });
    await failOften(other, OWN, 2);
    expect(other.isOpen(OWN)).toBe(true);
    expect(await breakersOn(storage).judge(OWN)).toEqual({ type: 'open', code: 'overloaded' });
  });

  it('do not open for what is wrong with a key, a request or a limit', async () => {
    const breakers = breakersOn(storage);
    for (const code of ['auth', 'rate_limit', 'invalid_request', 'quota', 'auth'] as const) {
      await breakers.watch(OWN).failed(code);
    }
    expect(await storage.breakers.list()).toEqual([]);
  });

  it('have one call try over all workers, and close for all when it succeeds', async () => {
    const workers = Array.from({ length: 8 }, () => breakersOn(storage, 1));
    const [first] = workers;
    if (first === undefined) throw new Error('there are eight');
    await failOften(first);
    await eventually(async () => {
      expect(await first.judge(OWN)).toMatchObject({ type: 'due' });
    });
    const places = await Promise.all(workers.map((breakers) => passOpenBreakers(breakers, route('other'), 0)));
    const tries = places.filter(({ trial }) => trial !== undefined);
    expect(tries).toHaveLength(1);
    expect(places.map((place) => place.route.provider.model).filter((model) => model === 'other')).toHaveLength(7);
    const trying = workers[places.findIndex(({ trial }) => trial !== undefined)];
    trying?.watch(OWN, tries[0]?.trial).succeeded();
    await eventually(async () => {
      expect(await storage.breakers.list()).toEqual([]);
    });
    expect(await breakersOn(storage).judge(OWN)).toEqual({ type: 'closed' });
  });

  it('have another call try where the one that tries is ended from outside', async () => {
    const breakers = breakersOn(storage, 1);
    await failOften(breakers);
    const trial = await eventually(async () => {
      const claimed = await breakers.claim(OWN);
      if (claimed === undefined) throw new Error('it is not due yet');
      return claimed;
    });
    expect(await breakers.claim(OWN)).toBeUndefined();
    breakers.watch(OWN, trial).dropped();
    await eventually(async () => {
      expect(await breakersOn(storage, 1).claim(OWN)).toBeDefined();
    });
  });

  it('lead past all that are open, and to the first where all are', async () => {
    const breakers = breakersOn(storage);
    await failOften(breakers);
    await failOften(breakers, aProvider({ model: 'a' }));
    const passed = await passOpenBreakers(breakers, route('a', 'b'), 0);
    expect(passed.route.provider.model).toBe('b');
    expect(passed.route.isFallback).toBe(true);
    expect(passed.route.warnings).toEqual([
      'The fallback custom b answered, not custom own (overloaded often lately), custom a (overloaded often lately).',
    ]);
    expect((await passOpenBreakers(breakers, route('a'), 0)).route.provider.model).toBe('own');
    expect((await passOpenBreakers(breakers, route(), 0)).route.provider.model).toBe('own');
  });

  it('do not lead to a fallback that is not for such a failure', async () => {
    const breakers = breakersOn(storage);
    await failOften(breakers);
    const fallbacks = [{ ...fallback('a'), on: ['quota' as const] }];
    const stops = providerRoute({ llmProvider: OWN, fallbacks }, 'own');
    expect((await passOpenBreakers(breakers, new TurnRoute(stops, {}), 0)).route.provider.model).toBe('own');
  });

  it('cost a query a second at most', async () => {
    const breakers = breakersOn(storage);
    const get = vi.spyOn(storage.breakers, 'get');
    const replace = vi.spyOn(storage.breakers, 'replace');
    for (let count = 0; count < 50; count += 1) {
      await breakers.judge(OWN);
      breakers.watch(OWN).succeeded();
    }
    expect(get.mock.calls.length).toBeLessThan(50);
    expect(replace).not.toHaveBeenCalled();
  });

  it('are closed while storage is away, and keep nobody waiting', { tags: 'storage-away' }, async () => {
    const breakers = breakersOn(storage);
    vi.spyOn(storage.breakers, 'get').mockRejectedValue(AWAY);
    vi.spyOn(storage.breakers, 'replace').mockRejectedValue(AWAY);
    await failOften(breakers);
    breakers.watch(OWN).succeeded();
    expect(await breakers.judge(OWN)).toEqual({ type: 'closed' });
    expect((await passOpenBreakers(breakers, route('a'), 0)).route.provider.model).toBe('own');
  });
});
