import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { verifyAudit } from '../../src/audit/verify-audit.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { FIELD_USES } from '../support/field-uses.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { canTestPostgres, createTestDatabase, type TestDatabase } from '../support/postgres.js';

const MUTATIONS = 60;

describe.skipIf(!(await canTestPostgres()))('two APIs on one storage', () => {
  let database: TestDatabase;
  let storages: readonly Storage[];
  let apis: readonly ApiUnderTest[];

  beforeEach(async () => {
    database = await createTestDatabase();
    const open = () => openStorage(database.url, { logger: new MemoryLogger() });
    storages = (await Promise.all([open(), open()])).map(({ storage }) => storage);
    apis = await Promise.all(storages.map((storage) => apiUnderTest({ storage })));
  });
  afterEach(async () => {
    for (const api of apis) await api.stop();
    for (const storage of storages) await storage.close();
    await database.drop();
  });

  it('keep one chain while both write, and each shows what the other did', async () => {
    const [one, other] = apis;
    if (one === undefined || other === undefined) throw new Error('there are two');
    const ask = async ({ app }: ApiUnderTest, query: string) =>
      (await app.inject({ method: 'POST', url: '/graphql', payload: { query } })).json<{
        data: { auditLog: { nodes: readonly { readonly subject: string }[] } };
      }>();
    await ask(one, FIELD_USES['createWorkflow'] ?? '');
    const create = (api: ApiUnderTest, id: string) =>
      ask(api, `mutation { createToken(input: {workflowId: "w", id: "${id}"}) { id } }`);
    const ids = Array.from({ length: MUTATIONS }, (_, index) => `t${index}`);
    await Promise.all(ids.map((id, index) => create(index % 2 === 0 ? one : other, id)));
    for (const api of apis) {
      const { data } = await ask(api, '{ auditLog(action: "createToken", first: 200) { nodes { subject } } }');
      expect(data.auditLog.nodes.map(({ subject }) => subject).sort()).toEqual([...ids].sort());
    }
    const [store] = storages;
    if (store === undefined) throw new Error('there are two');
    expect(await verifyAudit(store.audit, { secrets: [] })).toMatchObject({ entries: MUTATIONS + 1, problems: [] });
  });
});
