import { ProviderBreakers } from '../../src/activities/provider-breakers.js';
import { providerOrigin } from '../../src/providers/keys/provider-origin.js';
import { readCredentials } from '../../src/providers/keys/read-credentials.js';
import type { Storage } from '../../src/storage/storage.js';
import { MemoryLogger } from './memory-logger.js';

/** The breakers of one more process on a storage; open for as long as any test lasts where nothing is said. */
export function breakersOn({ breakers: store }: Pick<Storage, 'breakers'>, openMs = 600_000): ProviderBreakers {
  const credentials = readCredentials({ credentials: {} });
  const originOf = (provider: Parameters<typeof providerOrigin>[0]) => providerOrigin(provider, credentials);
  return new ProviderBreakers({ store, originOf, openMs, logger: new MemoryLogger() });
}
