import type { Agent } from '../../../core/agents/agent.js';
import type { VersionedId } from '../../../storage/versioned-id.js';

/** A plain Temporal client may ask for an agent that there never was: its execution is listed all the same. */
export function unknownAgent({ id, version = 0 }: VersionedId): Agent {
  const never = '1970-01-01T00:00:00.000Z';
  return {
    id,
    version,
    name: id,
    description: 'There never was such an agent.',
    llmProvider: { type: 'custom', model: '', headers: {}, options: {} },
    llmConfig: {},
    prompts: { system: '', userTemplate: '' },
    capabilities: [],
    tools: [],
    maxTurns: 1,
    strictParameters: false,
    createdAt: never,
    updatedAt: never,
  };
}
