import type { LlmProvider } from '../../core/agents/agent.js';
import { ModelError } from '../../core/executions/model-error.js';
import { baseUrlsOf, type Credentials } from './host-bound-keys.js';

/** Scheme, host and port to which the calls of a provider go, of several addresses the first; empty for the mock, and where no call can be made. */
export function providerOrigin(provider: LlmProvider, credentials: Credentials): string {
  if (provider.type === 'mock') return '';
  try {
    return baseUrlsOf(provider, credentials)[0].origin;
  } catch (error) {
    if (error instanceof ModelError) return '';
    throw error;
  }
}
