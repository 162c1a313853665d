import { linkNats, type NatsOptions } from '../../backends/nats/nats-server-link.js';
import { readNatsUrl } from '../../backends/nats/nats-url.js';
import { refuseOtherLayout } from '../records/record-layout.js';
import { ensureBucket } from './nats-bucket.js';
import { NatsRecords } from './nats-records.js';

/** What a message has besides its record: the subject, and the headers that say behind which it comes. */
const ROOM_BYTES = 2048;
/** As servers take it where nobody has set it. */
const USUAL_PAYLOAD = 1024 * 1024;

/**
 * Connects to NATS, and makes the bucket where it is missing: the path of the URL names it, `circuit-breaker-agents` by default. Throws
 * UNAVAILABLE, naming the variable, where the bucket is not made for this or was written to by a newer version.
 */
export async function openNatsRecords(url: string, options: NatsOptions): Promise<NatsRecords> {
  const names = { variable: 'AGENT_STORAGE_URL', what: 'bucket', usualName: 'circuit-breaker-agents' } as const;
  const address = readNatsUrl(url, names);
  const place = `NATS at ${address.host}`;
  let hasReplicas = false;
  let longestMessage = -1;
  const link = await linkNats(address, {
    ...options,
    prepare: async (manager) => {
      const config = await ensureBucket(manager, address.name, place);
      hasReplicas = config.num_replicas > 1;
      longestMessage = config.max_msg_size;
    },
  });
  const payload = link.connection.info?.max_payload ?? USUAL_PAYLOAD;
  const longest = longestMessage === -1 ? payload : Math.min(payload, longestMessage);
  // A server writes to its disk at once and has it written out later: a kill takes nothing, a loss of power may.
  const limits = { mayLose: 'unknown', longestRecord: longest - ROOM_BYTES } as const;
  const records = new NatsRecords(link, { bucket: address.name, place, limits, hasReplicas });
  try {
    await refuseOtherLayout(records, place);
    return records;
  } catch (error) {
    await records.close();
    throw error;
  }
}
