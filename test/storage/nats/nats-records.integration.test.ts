import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe } from 'vitest';

import { openWithAgentsAt } from '../../support/agents-elsewhere.js';
import { canTestNats, testNatsUrl } from '../../support/nats.js';
import { storageContract } from '../contract/storage-contract.js';

describe.skipIf(!(await canTestNats()))('with a server', () => {
  storageContract('PostgreSQL with agents on NATS', async () => {
    const bucket = `cb-test-agents-${process.pid}`;
    const url = testNatsUrl(bucket);
    const opened = await openWithAgentsAt(url);
    return {
      storage: opened.storage,
      close: async () => {
        await opened.close();
        const admin = await connect({ servers: new URL(url).host });
        await (await jetstreamManager(admin)).streams.delete(`KV_${bucket}`);
        await admin.close();
      },
    };
  });
});
