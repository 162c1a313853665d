import { expect, it } from 'vitest';

import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { OneAfterAnother } from '../../src/activities/one-after-another.js';
import { prepareAgent } from '../../src/activities/prepare-agent.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { anAgent, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { untraced } from '../support/traces.js';

it('what runs in the shadow of a token is refused once its agent has tools, and only there', async () => {
  const { storage } = await openStorage('memory:', { logger: new MemoryLogger() });
  await storage.agents.create('armed', anAgent({ tools: ['shell'] }), NOW);
  const parts: Pick<ActivityParts, 'appends' | 'storage' | 'traces' | 'now' | 'executionTimeoutSeconds'> = {
    storage,
    traces: untraced,
    appends: new OneAfterAnother(),
    now: () => NOW,
    executionTimeoutSeconds: 300,
  };
  const prepared = (executionId: string, shadow: object) =>
    prepareAgent(parts as ActivityParts, { executionId, agentId: 'armed', input: 'x', ...shadow });
  await expect(prepared('beside', { shadow: true })).rejects.toMatchObject({
    type: 'invalid_request',
    message: expect.stringContaining('it cannot run in the shadow') as string,
  });
  expect(await prepared('applied', {})).toMatchObject({ tools: ['shell'] });
});
