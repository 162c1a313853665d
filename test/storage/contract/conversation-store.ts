import { describe, expect, it } from 'vitest';

import type { Message } from '../../../src/core/executions/conversation.js';
import type { ConversationStore } from '../../../src/storage/conversation-store.js';
import { NOW } from '../../support/builders.js';

function message(content: string): Message {
  return { role: 'user', content, timestamp: NOW };
}

export function conversationStoreContract(store: () => ConversationStore): void {
  describe('conversations', () => {
    it('adds messages in order and keeps them', async () => {
      const created = await store().create({ id: 'conv-order', agentId: 'a', createdAt: NOW });
      expect(created.messages).toEqual([]);
      await store().append('conv-order', 0, [message('1'), message('2')]);
      await store().append('conv-order', 2, [message('3')]);
      const stored = await store().get('conv-order');
      expect(stored?.messages.map(({ content }) => content)).toEqual(['1', '2', '3']);
      expect(await store().create({ id: 'conv-order', agentId: 'b', createdAt: NOW })).toEqual(stored);
    });

    it('changes nothing when the same messages are added again, and refuses others in their place', async () => {
      await store().create({ id: 'conv-repeat', agentId: 'a', createdAt: NOW });
      await store().append('conv-repeat', 0, [message('1')]);
      expect((await store().append('conv-repeat', 0, [message('1')])).messages).toHaveLength(1);
      await expect(store().append('conv-repeat', 0, [message('x')])).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
      await expect(store().append('conv-repeat', 5, [message('x')])).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
      await expect(store().append('conv-none', 0, [message('x')])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('keeps text that no backend carries mended, and knows it again', async () => {
      await store().create({ id: 'conv-text', agentId: 'a', createdAt: NOW });
      const added = await store().append('conv-text', 0, [message('half \uD83D, \0')]);
      expect(added.messages).toEqual([message('half \uFFFD, \uFFFD')]);
      expect(await store().append('conv-text', 0, [message('half \uD83D, \0')])).toEqual(added);
      expect(await store().get('conv-text')).toEqual(added);
    });

    it('lets only one of two that add at the same place through', async () => {
      await store().create({ id: 'conv-race', agentId: 'a', createdAt: NOW });
      const both = await Promise.allSettled(
        ['1', '2'].map((content) => store().append('conv-race', 0, [message(content)])),
      );
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await store().get('conv-race'))?.messages).toHaveLength(1);
    });

    it('adds all messages or none, however many add at once', async () => {
      await store().create({ id: 'conv-whole', agentId: 'a', createdAt: NOW });
      const parts = [['a1', 'a2', 'a3'], ['b1'], ['c1', 'c2'], ['d1', 'd2', 'd3', 'd4']];
      const added = await Promise.allSettled(parts.map((part) => store().append('conv-whole', 0, part.map(message))));
      const winner = parts[added.findIndex(({ status }) => status === 'fulfilled')];
      expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store().get('conv-whole'))?.messages.map(({ content }) => content)).toEqual(winner);
    });

    it('lists those of an agent, newest first', async () => {
      for (const n of [1, 2, 3]) {
        await store().create({
          id: `conv-list-${n}`,
          agentId: 'conv-agent',
          tokenId: 't',
          createdAt: `2026-01-0${n}T00:00:00.000Z`,
        });
      }
      const first = await store().listForAgent('conv-agent', { first: 2 });
      expect(first.map(({ id }) => id)).toEqual(['conv-list-3', 'conv-list-2']);
      const rest = await store().listForAgent('conv-agent', { first: 2, after: 'conv-list-2' });
      expect(rest.map(({ id, tokenId }) => [id, tokenId])).toEqual([['conv-list-1', 't']]);
    });
  });
}
