import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';

import { configDifferences, existingConfig } from '../../backends/nats/stream-config.js';
import { CircuitBreakerError } from '../../core/errors.js';

/** What the stream of a key-value bucket must be like; how it is kept (replicas, limits of size) is its operator's to say. */
export function bucketNeeds(name: string) {
  return {
    name: `KV_${name}`,
    subjects: [`$KV.${name}.>`],
    max_msgs_per_subject: 1,
    allow_direct: true,
    // Of a bucket that is full the oldest must not go.
    discard: DiscardPolicy.New,
    storage: StorageType.File,
    max_age: 0,
    max_msgs: -1,
  };
}

/** Makes the bucket where it is missing; safe to repeat, by many. Throws UNAVAILABLE for one with other settings. */
export async function ensureBucket(manager: JetStreamManager, name: string, place: string): Promise<StreamConfig> {
  const needs = bucketNeeds(name);
  const config = await existingConfig(manager, needs.name);
  if (config === undefined) {
    const rest = { retention: RetentionPolicy.Limits, allow_rollup_hdrs: true, deny_delete: true };
    return (await manager.streams.add({ ...needs, ...rest })).config;
  }
  const differs = configDifferences(config, needs);
  if (differs.length === 0) return config;
  const message = `AGENT_STORAGE_URL: the bucket "${name}" of ${place} is not made for this: ${differs.join(', ')}. Name another one in the address.`;
  throw new CircuitBreakerError('UNAVAILABLE', message);
}
