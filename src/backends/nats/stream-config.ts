import { isDeepStrictEqual } from 'node:util';

import { JetStreamApiCodes, JetStreamApiError, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';

/** How a stream is kept; undefined where there is none. */
export async function existingConfig(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}

/** What a stream would have to have instead, in words, one for each setting that is another. */
export function configDifferences(config: StreamConfig, needs: Partial<StreamConfig>): string[] {
  return (Object.keys(needs) as (keyof StreamConfig)[])
    .filter((key) => !isDeepStrictEqual(config[key], needs[key]))
    .map((key) => `${key} has to be ${JSON.stringify(needs[key])}`);
}
