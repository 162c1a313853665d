import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/core/executions/conversation.js';
import { fitConversation } from '../../../src/core/executions/fit-conversation.js';

const timestamp = '2026-01-01T00:00:00.000Z';
const said = (role: Message['role'], content: string): Message => ({ role, content, timestamp });
const LONG = 'x'.repeat(3000);

const CONVERSATION = [
  said('system', 'Rules.'),
  said('user', `first ${LONG}`),
  said('assistant', LONG),
  said('user', `second ${LONG}`),
  said('assistant', LONG),
  said('user', 'now'),
];

describe('a conversation', () => {
  it('is whole where the context is not known, and where it fits', () => {
    for (const contextTokens of [undefined, 100_000]) {
      const fitted = fitConversation(CONVERSATION, { contextTokens, maxTokens: undefined, ownFrom: 5 });
      expect(fitted).toEqual({ messages: CONVERSATION, leftOut: 0 });
    }
  });

  it('loses its oldest exchange first, as a whole, and never what the system says', () => {
    const fitted = fitConversation(CONVERSATION, { contextTokens: 3200, maxTokens: 500, ownFrom: 5 });
    expect(fitted.leftOut).toBe(2);
    expect(fitted.messages.map(({ content }) => content.slice(0, 6))).toEqual(['Rules.', 'second', 'xxxxxx', 'now']);
  });

  it('never loses what the execution itself has said, however long that is', () => {
    const fitted = fitConversation(CONVERSATION, { contextTokens: 256, maxTokens: 200, ownFrom: 3 });
    expect(fitted.messages).toEqual([CONVERSATION[0], ...CONVERSATION.slice(3)]);
  });

  it('keeps tool results with their calls', () => {
    const withTool = [
      said('user', LONG),
      { ...said('assistant', ''), toolCalls: [{ id: 'a', name: 't', arguments: {} }] },
      { ...said('tool', LONG), toolCallId: 'a' },
      said('assistant', 'done'),
      said('user', 'now'),
    ];
    const { messages } = fitConversation(withTool, { contextTokens: 600, maxTokens: 100, ownFrom: 4 });
    expect(messages.map(({ role }) => role)).toEqual(['user']);
  });

  it('is always an end of itself behind its head, and never longer than before', () => {
    const message = fc.record({
      role: fc.constantFrom<Message['role']>('user', 'assistant', 'tool'),
      content: fc.string({ maxLength: 400 }),
      timestamp: fc.constant(timestamp),
    });
    const sizes = fc.record({ contextTokens: fc.integer({ min: 256, max: 4000 }), own: fc.nat() });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 30 }), sizes, (messages, { contextTokens, own }) => {
        const all = [said('system', 'Rules.'), ...messages];
        const ownFrom = 1 + (own % messages.length);
        const fitted = fitConversation(all, { contextTokens, maxTokens: undefined, ownFrom });
        expect(fitted.messages).toEqual([all[0], ...all.slice(1 + fitted.leftOut)]);
        expect(fitted.leftOut).toBeLessThanOrEqual(ownFrom - 1);
      }),
    );
  });
});
