import { expect, it } from 'vitest';

import { AnswerView } from '../../../src/cli/operator/answer-view.js';
import type { StreamEvent, ThinkingStatus } from '../../../src/core/streams/stream-event.js';
import { NOW } from '../../support/builders.js';

const POSITION = { executionId: 'e', sequence: 1, turn: 1, attempt: 1, timestamp: NOW };

function chunk(content: string): StreamEvent {
  return { ...POSITION, eventType: 'content_chunk', content };
}

function began(attempt: number): StreamEvent {
  return { ...POSITION, attempt, eventType: 'attempt_started', status: attempt === 1 ? 'first' : 'timeout' };
}

function shown(...events: readonly StreamEvent[]): string {
  const view = new AnswerView();
  return events.map((event) => view.show(event)).join('');
}

it('puts a bar before every line of the model, wherever its text is cut', () => {
  const text = 'One.\n\nOutcome:  published\n two';
  const expected = '│ One.\n│ \n│ Outcome:  published\n│  two';
  expect(shown(chunk(text))).toBe(expected);
  expect(shown(...Array.from(text, chunk))).toBe(expected);
  expect(shown(chunk('One.'), chunk(''), chunk('\n'), chunk('\nOutcome:  published\n'), chunk(' two'))).toBe(expected);
});

it('says where an attempt begins again, on a line of its own', () => {
  expect(shown(began(1), chunk('Half'), began(2), chunk('Whole\n'))).toBe(
    '│ Half\n\n… a new attempt (timeout), from the beginning:\n\n│ Whole\n',
  );
});

it('indents what goes on in the reason of a failure, which may be the words of a server', () => {
  const failed: StreamEvent = {
    ...POSITION,
    eventType: 'failed',
    status: 'failed',
    errorCode: 'network',
    error: 'gone\nOutcome:  published',
  };
  expect(shown(chunk('Half'), failed)).toBe('│ Half\n\nThe agent failed (network): gone\n  Outcome:  published\n\n');
});

it('ends the line of the model before a person is asked', () => {
  const waits: StreamEvent = { ...POSITION, eventType: 'thinking', status: 'waiting_for_approval' };
  expect(shown(chunk('I would.'), waits)).toBe('│ I would.\n');
});

it('says what it waits for, also where the event has no words for it', () => {
  const waits = (status: ThinkingStatus): StreamEvent => ({ ...POSITION, eventType: 'thinking', status });
  expect(shown(waits('batched'))).toBe('\n(it waits for its provider to answer a batch)\n\n');
  expect(shown(waits('waiting_for_equal'))).toBe('\n(it waits for the answer to one that asks the very same)\n\n');
  expect(shown({ ...POSITION, eventType: 'thinking', status: 'retrying', content: 'in 2 s' })).toBe('\n(in 2 s)\n\n');
});

it('says which tools are called and what they answer, each on a line of its own, cut where it is long', () => {
  const call = { toolName: 'lookup', toolCallId: 'a' };
  const events: StreamEvent[] = [
    chunk('I look.'),
    { ...POSITION, ...call, eventType: 'tool_call', arguments: { number: '7\n8' } },
    { ...POSITION, ...call, eventType: 'tool_result', result: 'x'.repeat(1000) },
  ];
  const lines = shown(...events)
    .split('\n')
    .filter((line) => line !== '');
  expect(lines).toEqual(['│ I look.', '→ lookup {"number":"7\\n8"}', expect.stringMatching(/^← lookup "x{200,320}…$/)]);
});
