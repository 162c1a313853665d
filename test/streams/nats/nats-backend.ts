import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { connectNats } from '../../../src/streams/nats/nats-connection.js';
import { NatsEntries } from '../../../src/streams/nats/nats-entries.js';
import { decodeEntry } from '../../../src/streams/nats/nats-entry.js';
import { streamNeeds } from '../../../src/streams/nats/nats-stream.js';
import { subjectToken } from '../../../src/backends/nats/nats-subject.js';
import type { StreamLog } from '../../../src/streams/stream-log.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { testNatsUrl } from '../../support/nats.js';
import type { StreamBackend } from '../contract/stream-backend.js';

/** Stream logs in a JetStream stream of the test's own, and a way to lose what they have stored. */
export async function natsBackend(): Promise<StreamBackend> {
  const stream = `cb-test-${process.pid}-${Date.now()}`;
  const url = testNatsUrl(stream);
  const admin = await connect({ servers: new URL(url).host });
  const manager = await jetstreamManager(admin);
  // On file, NATS 2.9 takes a subject whose last message was deleted for an empty one.
  await manager.streams.add({ ...streamNeeds(stream), storage: StorageType.Memory });
  const connections = await Promise.all(
    Array.from({ length: 4 }, () => connectNats(url, { logger: new MemoryLogger() })),
  );
  const logs: StreamLog[] = [];
  return {
    openLog: () => {
      const connection = connections[logs.length % connections.length];
      if (connection === undefined) throw new Error('no connection');
      const log = new EntryLog(new NatsEntries(connection));
      logs.push(log);
      return log;
    },
    forget: async (executionId, from) => {
      const last_by_subj = `${stream}.in.${subjectToken(executionId)}`;
      for (;;) {
        const message = await manager.streams.getMessage(stream, { last_by_subj });
        if (message === null || decodeEntry(message.seq, message.data).first < from) return;
        await manager.streams.deleteMessage(stream, message.seq);
      }
    },
    close: async () => {
      await Promise.all(logs.map((log) => log.shutdown()));
      await Promise.all(connections.map((connection) => connection.close()));
      await manager.streams.delete(stream);
      await admin.close();
    },
  };
}
