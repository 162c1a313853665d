import { createDispatcher } from '../providers/dispatcher.js';
import { createProviderDirectory } from '../providers/provider-directory.js';
import type { ProviderDirectory } from '../providers/provider-status.js';
import { readCredentials } from '../providers/read-credentials.js';
import type { ProcessParts } from './run-process.js';

/** The providers that the environment of this process names. */
export function openDirectory({ config, resources }: Pick<ProcessParts, 'config' | 'resources'>): ProviderDirectory {
  const dispatcher = createDispatcher({ connectionTimeoutMs: Math.min(config.connectionTimeoutSeconds, 5) * 1000 });
  resources.add('the connections that ask for models', () => dispatcher.close());
  return createProviderDirectory({ credentials: readCredentials(config.providers), dispatcher });
}
