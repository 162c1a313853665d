import { randomBytes } from 'node:crypto';

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';

import { openNatsRecords } from '../../../src/storage/nats/open-nats-records.js';
import { bucketNeeds } from '../../../src/storage/nats/nats-bucket.js';
import type { NatsRecords } from '../../../src/storage/nats/nats-records.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestNats } from '../../support/nats.js';
import { NatsServer } from '../../support/nats-server.js';
import { agentServerFaultContract, agentServerRefusalContract } from '../contract/agent-server-faults.js';

const logger = new MemoryLogger();
const BUCKET = 'circuit-breaker-agents';

describe.skipIf(!(await canTestNats()))('with a server', () => {
  agentServerFaultContract('NATS', () => NatsServer.start());

  describe('agents on NATS', () => {
    let server: NatsServer;
    let records: NatsRecords | undefined;

    const open = async () => (records = await openNatsRecords(server.url, { logger }));

    afterEach(async () => {
      await records?.close();
      records = undefined;
      await server.stop();
    });

    it('are refused where the bucket is one of somebody else, with other settings', async () => {
      server = await NatsServer.start();
      const admin = await connect({ servers: new URL(server.url).host });
      await (
        await jetstreamManager(admin)
      ).streams.add({ ...bucketNeeds(BUCKET), max_age: 1e9, max_msgs_per_subject: 5 });
      await admin.close();
      await expect(open()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(open()).rejects.toThrow(
        /^AGENT_STORAGE_URL: the bucket "circuit-breaker-agents" .*max_msgs_per_subject has to be 1, max_age has to be 0/,
      );
    });

    it('are refused where a newer version has laid them out', async () => {
      server = await NatsServer.start();
      await open();
      const [layout] = (await records?.getMany(['layout'])) ?? [];
      await records?.put('layout', '2', layout?.revision ?? 0);
      await records?.close();
      await expect(open()).rejects.toThrow(/^AGENT_STORAGE_URL: .*laid out as of version 2.*a newer version/);
    });

    it('say what to do about a record that is longer than the server takes, and compress what can be', async () => {
      server = await NatsServer.start();
      await open();
      expect(await records?.put('prose', JSON.stringify('word '.repeat(1_000_000)), 0)).toBeGreaterThan(0);
      const noise = JSON.stringify(randomBytes(1_100_000).toString('base64'));
      const putting = records?.put('noise', noise, 0);
      await expect(putting).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
      await expect(putting).rejects.toThrow(/Set max_payload higher .*AGENT_STORAGE_URL/);
      await records?.close();
      await server.kill();
      await server.stop();
      server = await NatsServer.start('max_payload: 8388608');
      await open();
      expect(await records?.put('noise', noise, 0)).toBeGreaterThan(0);
    });

    it('keep keys apart whatever ids are made of, as a bucket may have them', async () => {
      server = await NatsServer.start();
      await open();
      const keys = ['execution/a:b', 'execution/a=3Ab', 'execution/a.b', 'execution/a', 'execution/', 'turn/a.b/1'];
      for (const key of keys) await records?.put(key, JSON.stringify(key), 0);
      const found = (await records?.getMany(keys)) ?? [];
      expect(found.map((one) => one?.text)).toEqual(keys.map((key) => JSON.stringify(key)));
      await records?.remove(['execution/a']);
      const left = (await records?.getMany(keys)) ?? [];
      expect(left.map((one) => one !== undefined)).toEqual(keys.map((key) => key !== 'execution/a'));
    });
  });
});

agentServerRefusalContract('nats://user:secret@127.0.0.1:1/bucket', 'NATS at 127.0.0.1:1 ');
