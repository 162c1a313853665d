import { DiscardPolicy, RetentionPolicy, StorageType, type JetStreamManager } from '@nats-io/jetstream';

import { configDifferences, existingConfig } from '../../backends/nats/stream-config.js';

/** An answer of 1 MiB of any text, with all that belongs to its entry, fits when it is compressed. */
export const LONGEST_MESSAGE_BYTES = 1024 * 1024;

/** What a stream must be like; how it is kept (replicas, storage, limits of size) is its operator's to say. */
export function streamNeeds(name: string) {
  return {
    name,
    subjects: [`${name}.in.>`],
    // One subject is one log, of any length.
    max_msgs_per_subject: -1,
    allow_direct: true,
    // A message that the stream refuses reaches the subscribers of its own subject all the same: viewers listen here.
    republish: { src: `${name}.in.>`, dest: `${name}.out.>` },
  };
}

/** A longer entry could never be stored, and an execution whose answer it holds would not end for its viewers. */
export function refuseShortMessages(maxPayload: number | undefined): void {
  if (maxPayload === undefined || maxPayload >= LONGEST_MESSAGE_BYTES) return;
  throw new Error(`its max_payload is ${maxPayload}: it has to be ${LONGEST_MESSAGE_BYTES} or more`);
}

/** Safe to repeat, also by many processes at the same time: the same stream is made once. */
export async function ensureStream(manager: JetStreamManager, name: string): Promise<void> {
  const needs = streamNeeds(name);
  const config = await existingConfig(manager, name);
  if (config === undefined) {
    const keeping = { storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.New };
    await manager.streams.add({ ...needs, ...keeping });
    return;
  }
  const differs = configDifferences(config, needs);
  const { max_msg_size: maxSize } = config;
  if (maxSize !== -1 && maxSize < LONGEST_MESSAGE_BYTES)
    differs.push(`max_msg_size has to be -1, or ${LONGEST_MESSAGE_BYTES} or more`);
  if (differs.length === 0) return;
  throw new Error(`its stream "${name}" is not made for this: ${differs.join(', ')}`);
}
