import { describe, expect, it } from 'vitest';

import { inlineWorkflowId } from '../../../src/core/definitions/inline-workflow.js';
import type { Token } from '../../../src/core/tokens/token.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, aToken, aTransition, anAgentTransition, aWorkflow, NOW } from '../../support/builders.js';

export function workflowStoreContract(storage: () => Storage): void {
  const store = () => storage().workflows;

  async function users(agentId: string): Promise<readonly string[]> {
    const { users: found, total } = await store().usersOfAgent(agentId, { first: 10 });
    expect(total).toBe(found.length);
    return found.map(({ definition: { id, version } }) => `${id} ${version}`);
  }

  async function tokenOf(workflowId: string, status: Token['status']): Promise<void> {
    const version = status === 'ACTIVE' ? 1 : 2;
    const token = aToken(aDefinition(), { id: `of-${workflowId}`, workflowId, workflowVersion: 1, status, version });
    await storage().tokens.record({ token, runId: 'run', events: [], executions: [] });
  }

  describe('workflows', () => {
    it('gives equal content its version, and other content the next', async () => {
      const first = await store().save('wf-versions', aWorkflow(), { hash: 'a', now: NOW });
      expect(first.definition).toMatchObject({ id: 'wf-versions', version: 1 });
      expect(await store().save('wf-versions', aWorkflow(), { hash: 'a', now: NOW })).toEqual(first);
      const second = await store().save('wf-versions', aWorkflow({ name: 'B' }), { hash: 'b', now: NOW });
      expect(second.definition.version).toBe(2);
      expect((await store().get('wf-versions', 1))?.definition.name).toBe('Review');
      expect(await store().get('wf-versions')).toEqual(second);
      expect(await store().get('wf-none')).toBeUndefined();
    });

    it('names the workflows whose newest version uses an agent', async () => {
      const agentExecution = anAgentTransition({ agentId: 'wf-agent' });
      const content = aWorkflow({ transitions: [aTransition({ id: 'a', agentExecution })] });
      await store().save('wf-uses', content, { hash: 'a', now: NOW });
      await store().save('wf-used', content, { hash: 'a', now: NOW });
      await store().save('wf-used', aWorkflow(), { hash: 'b', now: NOW });
      await store().save(inlineWorkflowId('wf-brought', 'abc'), content, { hash: 'a', now: NOW });
      expect(await users('wf-agent')).toEqual(['wf-uses 1']);
    });

    it('names the users of an agent page by page, and says how many there are', async () => {
      const agentExecution = anAgentTransition({ agentId: 'wf-popular' });
      const content = aWorkflow({ transitions: [aTransition({ id: 'a', agentExecution })] });
      for (const n of [1, 2, 3]) await store().save(`wf-popular-${n}`, content, { hash: 'a', now: NOW });
      const page = async (after?: { id: string; version: number }) => {
        const { users: found, total } = await store().usersOfAgent('wf-popular', { first: 2, ...(after && { after }) });
        return { ids: found.map(({ definition }) => definition.id), total };
      };
      expect(await page()).toEqual({ ids: ['wf-popular-1', 'wf-popular-2'], total: 3 });
      expect(await page({ id: 'wf-popular-2', version: 1 })).toEqual({ ids: ['wf-popular-3'], total: 3 });
      expect(await page({ id: 'wf-popular-3', version: 1 })).toEqual({ ids: [], total: 3 });
    });

    it('names the versions that active tokens still have, brought along or replaced since, and no longer than that', async () => {
      const agentExecution = anAgentTransition({ agentId: 'wf-kept' });
      const content = aWorkflow({ transitions: [aTransition({ id: 'a', agentExecution })] });
      const inline = inlineWorkflowId('wf-kept', 'abc');
      await store().save(inline, content, { hash: 'a', now: NOW });
      await store().save('wf-kept', content, { hash: 'a', now: NOW });
      await store().save('wf-kept', aWorkflow(), { hash: 'b', now: NOW });
      for (const workflowId of [inline, 'wf-kept']) await tokenOf(workflowId, 'ACTIVE');
      expect(await users('wf-kept')).toEqual(['wf-kept 1', `${inline} 1`]);
      for (const workflowId of [inline, 'wf-kept']) await tokenOf(workflowId, 'COMPLETED');
      expect(await users('wf-kept')).toEqual([]);
    });

    it('lists the newest of each, newest first, page by page', async () => {
      const later = ['2031-01-01', '2031-01-02', '2031-01-02'].map((day) => `${day}T00:00:00.000Z`);
      for (const [n, now] of later.entries()) await store().save(`wf-list-${n}`, aWorkflow(), { hash: 'a', now });
      const first = await store().list({ first: 2 });
      expect(first.map(({ definition }) => definition.id)).toEqual(['wf-list-2', 'wf-list-1']);
      const [next] = await store().list({ first: 1, after: 'wf-list-1' });
      expect(next?.definition.id).toBe('wf-list-0');
    });
  });
}
