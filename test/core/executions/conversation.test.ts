import { describe, expect, it } from 'vitest';

import { heardConversation, isSameMessage, type Message } from '../../../src/core/executions/conversation.js';
import { NOW } from '../../support/builders.js';

function message(role: Message['role'], content: string, executionId?: string, turn?: number): Message {
  const mark = { ...(executionId === undefined ? {} : { executionId }), ...(turn === undefined ? {} : { turn }) };
  return { role, content, timestamp: NOW, ...mark };
}

function heard(conversation: readonly Message[], turn = 1): readonly string[] {
  const { messages } = heardConversation(conversation, { executionId: 'mine', turn, messageCount: 0 });
  return messages.map(({ content }) => content);
}

describe('a conversation', () => {
  it('is heard up to the own question, under the own instructions', () => {
    const conversation = [
      message('system', 'You were another.', 'first'),
      message('user', 'one?', 'first'),
      message('assistant', 'one', 'first', 1),
      message('system', 'You are you.', 'mine'),
      message('user', 'two?', 'mine'),
    ];
    expect(heard(conversation)).toEqual(['You are you.', 'one?', 'one', 'two?']);
  });

  it('is heard without what others say after the own question, also in a later turn', () => {
    const conversation = [
      message('system', 'You are you.', 'other'),
      message('user', 'two?', 'mine'),
      message('user', 'three?', 'other'),
      message('assistant', 'tow', 'mine', 1),
      message('assistant', 'three', 'other', 1),
      message('user', 'Again.', 'mine', 1),
      message('assistant', 'two', 'mine', 2),
    ];
    expect(heard(conversation)).toEqual(['You are you.', 'two?']);
    expect(heard(conversation, 2)).toEqual(['You are you.', 'two?', 'tow', 'Again.']);
  });

  it('is spoken without instructions by an agent that has none', () => {
    const conversation = [
      message('system', 'You were another.', 'first'),
      message('user', 'one?', 'first'),
      message('system', '', 'mine'),
      message('user', 'two?', 'mine'),
    ];
    expect(heard(conversation)).toEqual(['one?', 'two?']);
  });

  it('that an earlier version began, without marks, is heard up to where it was prepared', () => {
    const conversation = [message('system', 's'), message('user', 'one?'), message('user', 'later?')];
    const { messages, ownFrom } = heardConversation(conversation, { executionId: 'mine', turn: 1, messageCount: 2 });
    expect(messages.map(({ content }) => content)).toEqual(['s', 'one?']);
    expect(ownFrom).toBe(1);
  });
});

describe('a message', () => {
  it('is known by its execution and turn, whenever it was written', () => {
    const answer = message('assistant', 'yes', 'one', 1);
    expect(isSameMessage(answer, { ...answer, timestamp: '2027-01-01T00:00:00.000Z' })).toBe(true);
    expect(isSameMessage(answer, message('assistant', 'yes', 'two', 1))).toBe(false);
    expect(isSameMessage(answer, message('assistant', 'yes', 'one', 2))).toBe(false);
  });
});
