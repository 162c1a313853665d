import { describe, expect, it } from 'vitest';

import {
  callIdsIn,
  outcomeOf,
  shownToViewers,
  toldToModel,
  toolMessages,
  withOwnIds,
} from '../../../src/core/executions/tool-call.js';

const call = (id: string) => ({ id, name: 'lookup', arguments: {} });
const mark = { timestamp: '2026-01-01T00:00:00.000Z', executionId: 'run-1', turn: 1 };

describe('the ids of calls', () => {
  it('are what the model made them, unless another call has them or there is none', () => {
    const ids = withOwnIds([call('a'), call(''), call('a'), call('b'), call('')], new Set(['b', 'call_1']));
    expect(ids.map(({ id }) => id)).toEqual(['a', 'call_2', 'a_2', 'b_2', 'call_3']);
  });

  it('are made own in time that grows with their number', () => {
    const calls = Array.from({ length: 100_000 }, () => call('same'));
    expect(new Set(withOwnIds(calls, new Set()).map(({ id }) => id)).size).toBe(calls.length);
  });

  it('are found in all messages that have calls', () => {
    expect(callIdsIn([{}, { toolCalls: [{ id: 'a' }, { id: 7 }] }, { toolCalls: 'none' }])).toEqual(new Set(['a']));
  });
});

describe('what a tool answers', () => {
  it('is told to the model as text where it is text, and as JSON else', () => {
    expect(toldToModel(outcomeOf('Found.'))).toBe('Found.');
    expect(toldToModel(outcomeOf({ found: 1, date: new Date(0) }))).toBe(
      '{"found":1,"date":"1970-01-01T00:00:00.000Z"}',
    );
    expect(toldToModel(outcomeOf(undefined))).toBe('null');
  });

  it('is a failure where JSON cannot say it, or only in more than 64 KiB', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const unsayable = [circle, 1n, () => 1, Symbol('s'), 'ä'.repeat(32_769)];
    expect(unsayable.map((result) => outcomeOf(result).type)).toEqual(unsayable.map(() => 'failed'));
    expect(outcomeOf('ä'.repeat(32_768)).type).toBe('answered');
  });

  it('is shown to viewers as it is, or its beginning where it is long', () => {
    expect(shownToViewers(outcomeOf({ found: 1 }))).toEqual({ found: 1 });
    expect(shownToViewers(outcomeOf('x'.repeat(5000)))).toEqual({ cut: 'x'.repeat(4096), length: 5000 });
    const emoji = `${'x'.repeat(4095)}😀 and more`;
    expect(shownToViewers(outcomeOf(emoji))).toEqual({ cut: 'x'.repeat(4095), length: emoji.length });
    expect(shownToViewers({ type: 'unknown', message: 'Lost.' })).toEqual({ error: 'Lost.' });
  });
});

describe('a turn that called tools', () => {
  it('leaves what was said and asked, with what its provider wants back, and the results in the order of the calls', () => {
    const providerState = { format: 'f', content: ['signed'] };
    const asked = { text: 'Let me see.', toolCalls: [call('a'), call('b')], providerState };
    expect(toolMessages(asked, [outcomeOf(1), { type: 'failed', message: 'Gone.' }], mark)).toEqual([
      { role: 'assistant', content: 'Let me see.', toolCalls: asked.toolCalls, providerState, ...mark },
      { role: 'tool', content: '1', toolCallId: 'a', ...mark },
      { role: 'tool', content: 'Error: Gone.', toolCallId: 'b', ...mark },
    ]);
  });
});
