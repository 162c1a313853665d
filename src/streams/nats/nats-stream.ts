import { isDeepStrictEqual } from 'node:util';

import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';

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

/** Safe to repeat, also by many processes at the same time: the same stream is made once. */
export async function ensureStream(manager: JetStreamManager, name: string): Promise<void> {
  const needs = streamNeeds(name);
  const config = await existingConfig(manager, name);
  if (config === undefined) {
    const keeping = { storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.New };
    await manager.streams.add({ ...needs, ...keeping });
    return;
  }
  const differs = (Object.keys(needs) as (keyof typeof needs)[]).filter(
    (key) => !isDeepStrictEqual(config[key], needs[key]),
  );
  if (differs.length === 0) return;
  throw new Error(
    `its stream "${name}" is not made for this: ${differs.map((key) => `${key} has to be ${JSON.stringify(needs[key])}`).join(', ')}`,
  );
}

async function existingConfig(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}
