import type { ModelRequest } from '../core/executions/turn.js';
import { ownValue } from '../core/json/json.js';
import { isOwnHost } from './keys/host-bound-keys.js';

/**
 * The request with its option `promptCaching` decided: as the agent has it, else only at the provider's own host. Servers that copy an API
 * may refuse what they do not know.
 */
export function withPromptCaching(request: ModelRequest, baseUrl: URL): ModelRequest {
  const { provider } = request;
  const chosen = ownValue(provider.options, 'promptCaching');
  const promptCaching = typeof chosen === 'boolean' ? chosen : isOwnHost(provider.type, baseUrl);
  return { ...request, provider: { ...provider, options: { ...provider.options, promptCaching } } };
}
