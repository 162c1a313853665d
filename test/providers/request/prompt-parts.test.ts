import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../src/core/executions/turn.js';
import { promptParts } from '../../../src/providers/request/prompt-parts.js';
import { aRequest } from '../../support/model-request.js';

const said = (messages: ModelRequest['messages']) => promptParts(aRequest({ messages }), false).messages;

describe('the messages of a request', () => {
  it('leave out turns in which nothing was said, and the roles take turns', () => {
    const messages = said([
      { role: 'system', content: 'Rules.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: ' \n' },
      { role: 'user', content: '' },
      { role: 'user', content: 'Two?' },
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'Three?' },
    ]);
    expect(messages).toEqual([
      { role: 'user', content: 'One?\n\nTwo?' },
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'Three?' },
    ]);
  });

  it('keep turns that call tools, and what the tools say', () => {
    const messages: ModelRequest['messages'] = [
      { role: 'user', content: 'Find it.' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'a', name: 'search', arguments: {} }] },
      { role: 'tool', content: '', toolCallId: 'a' },
    ];
    expect(said(messages)).toEqual(messages);
  });

  it('have a question, even an empty one', () => {
    expect(said([{ role: 'user', content: '' }])).toEqual([{ role: 'user', content: '' }]);
  });
});
