import { createDispatcher } from '../providers/connection/dispatcher.js';
import { createProviderDirectory } from '../providers/directory/provider-directory.js';
import type { ProviderDirectory } from '../providers/directory/provider-status.js';
import { readCredentials } from '../providers/keys/read-credentials.js';
import type { ProviderKeyStore } from '../storage/provider-key-store.js';
import { privateHosts } from './private-hosts.js';
import type { ProcessParts } from './run-process.js';

/** The accounts that the environment of this process names; `keyStore` knows of their keys what workers saw. Throws VALIDATION_FAILED for one that cannot be used. */
export function openDirectory(
  { config, resources }: Pick<ProcessParts, 'config' | 'resources'>,
  keyStore?: ProviderKeyStore,
): ProviderDirectory {
  const credentials = readCredentials(config.providers, config.secrets);
  const dispatcher = createDispatcher({
    connectionTimeoutMs: config.connectionTimeoutSeconds * 1000,
    privateHosts: privateHosts(config, credentials),
  });
  // A check that still runs has nobody left to tell.
  resources.add('the connections that ask for models', () => dispatcher.destroy());
  return createProviderDirectory({ credentials, dispatcher, ...(keyStore === undefined ? {} : { keyStore }) });
}
