import { describe, expect, it } from 'vitest';

import type { Endpoint, Endpoints } from '../../../src/providers/keys/endpoint.js';
import { resolveEndpoints } from '../../../src/providers/keys/endpoint.js';
import { EndpointPool } from '../../../src/providers/keys/endpoint-pool.js';
import { readCredentials } from '../../../src/providers/keys/read-credentials.js';
import { MemoryProviderKeyStore } from '../../../src/storage/memory/provider-keys.js';
import type { ProviderKeyStore } from '../../../src/storage/provider-key-store.js';
import { aProvider } from '../../support/model-request.js';

const OPENAI = aProvider({ type: 'openai', model: 'gpt', baseUrl: 'https://api.openai.com/v1' });

function endpointsWith(...keys: readonly string[]): Endpoints {
  return resolveEndpoints(OPENAI, readCredentials({ accounts: { openai: { apiKeys: keys.join() } }, credentials: {} }));
}

async function taken(pool: EndpointPool, endpoints: Endpoints, model = 'gpt'): Promise<Endpoint> {
  const endpoint = await pool.take({ endpoints, model, tried: [] });
  pool.leave(endpoint);
  return endpoint;
}

const AWAY: ProviderKeyStore = {
  mark: () => Promise.reject(new Error('away')),
  list: () => Promise.reject(new Error('away')),
  clearRefusals: () => Promise.reject(new Error('away')),
};
/** Takes what it is asked, and never says anything. */
const SILENT: ProviderKeyStore = {
  mark: () => new Promise(() => undefined),
  list: () => new Promise(() => undefined),
  clearRefusals: () => new Promise(() => undefined),
};

describe('keys that several processes share', () => {
  it('rest in all of them, for the model that is limited', async () => {
    const store = new MemoryProviderKeyStore();
    const [one, other] = [new EndpointPool({ store }), new EndpointPool({ store })];
    const endpoints = endpointsWith('key-a', 'key-b');
    await one.mark(endpoints[0], { kind: 'limited', model: 'gpt', forMs: 60_000 });
    const names = [];
    for (let calls = 0; calls < 3; calls += 1) names.push((await taken(other, endpoints)).name);
    expect(new Set(names)).toEqual(new Set(['OPENAI_API_KEYS, key 2']));
    expect((await taken(other, endpoints, 'gpt-mini')).name).toBe('OPENAI_API_KEYS, key 1');
  });

  it('are waited for without a call where all rest, until the first may be used', async () => {
    const pool = new EndpointPool();
    const endpoints = endpointsWith('key-a', 'key-b');
    await pool.mark(endpoints[0], { kind: 'limited', model: 'gpt', forMs: 60_000 });
    await pool.mark(endpoints[1] ?? endpoints[0], { kind: 'limited', model: 'gpt', forMs: 20_000 });
    await expect(pool.take({ endpoints, model: 'gpt', tried: [] })).rejects.toMatchObject({
      code: 'rate_limit',
      message:
        'api.openai.com limits the rate of calls: OPENAI_API_KEYS, key 1; OPENAI_API_KEYS, key 2. The first of them may be used again in 20 s.',
      facts: { heldBack: true, retryAfterMs: expect.toSatisfy((ms: number) => ms > 19_000 && ms <= 22_000) as number },
    });
  });

  it('that were all refused end a call, in words that say which, and what to do', async () => {
    const pool = new EndpointPool();
    const endpoints = endpointsWith('key-a', 'key-b');
    for (const endpoint of endpoints) await pool.mark(endpoint, { kind: 'auth', model: '', forMs: 3_600_000 });
    await expect(taken(pool, endpoints)).rejects.toMatchObject({
      code: 'auth',
      facts: { isUnasked: true },
      message: expect.stringMatching(
        /^api\.openai\.com has refused every key: OPENAI_API_KEYS, key 1; .* Check them/,
      ) as string,
    });
    // Another key in its place is another one.
    expect((await taken(pool, endpointsWith('key-a', 'key-new'))).name).toBe('OPENAI_API_KEYS, key 2');
  });

  it('that work again are used again, by all', async () => {
    const store = new MemoryProviderKeyStore();
    const [one, other] = [new EndpointPool({ store }), new EndpointPool({ store })];
    const endpoints = endpointsWith('key-a', 'key-b');
    await one.mark(endpoints[0], { kind: 'quota', model: '', forMs: 600_000 });
    other.praise(endpoints[0]);
    one.praise(endpoints[0]);
    expect(await store.list([endpoints[0].id])).toEqual([]);
    expect((await taken(new EndpointPool({ store }), endpoints)).name).toBe('OPENAI_API_KEYS, key 1');
  });

  it.each([
    ['is away', AWAY],
    ['says nothing', SILENT],
  ])('rest in this process alone where storage %s', async (_, store) => {
    const pool = new EndpointPool({ store });
    const endpoints = endpointsWith('key-a', 'key-b');
    await pool.mark(endpoints[0], { kind: 'limited', model: 'gpt', forMs: 60_000 });
    for (let calls = 0; calls < 3; calls += 1) {
      expect((await taken(pool, endpoints)).name).toBe('OPENAI_API_KEYS, key 2');
    }
  });

  it('are told apart in storage by what nobody can turn back into a key', async () => {
    const store = new MemoryProviderKeyStore();
    const endpoints = endpointsWith('key-a', 'key-b');
    await new EndpointPool({ store }).mark(endpoints[0], { kind: 'limited', model: 'gpt', forMs: 60_000 });
    expect(endpoints[0].id).toMatch(/^[0-9a-f]{32}$/);
    expect(endpoints[0].id).not.toBe(endpoints[1]?.id);
    expect(JSON.stringify(await store.list(endpoints.map(({ id }) => id)))).not.toContain('key-');
  });

  it('go to the same place under the same name in all processes, whatever else an agent says', () => {
    const named = readCredentials({
      credentials: { CREDENTIAL_A: 'x', CREDENTIAL_B: 'y', CREDENTIAL_A_HOSTS: 'h', CREDENTIAL_B_HOSTS: 'h' },
    });
    const idWith = (headers: Record<string, string>) =>
      resolveEndpoints(aProvider({ baseUrl: 'https://h/v1', headers }), named)[0].id;
    const bearer = (name: string) => ({ authorization: `Bearer \${${name}}` });
    expect(idWith({ ...bearer('CREDENTIAL_A'), 'x-agent': '1' })).toBe(idWith(bearer('CREDENTIAL_A')));
    expect(idWith(bearer('CREDENTIAL_A'))).not.toBe(idWith(bearer('CREDENTIAL_B')));
  });
});
