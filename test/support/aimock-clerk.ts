import type { Fixture } from '@copilotkit/aimock';

/**
 * What a clerk with tools does behind any API, turn by turn: calls one tool, two at once, one that is not there beside one with
 * arguments that do not fit, the last one again, and answers with JSON. For a server in a process of its own.
 */
const order = (id: string, number: string | number) => ({ id, name: 'shop--order', arguments: { number } });

export const TURNS = [
  { content: 'I look.', reasoning: 'It is far.', reasoningSignature: 'c2lnLTA=', toolCalls: [order('t1', '7')] },
  {
    content: 'Both.',
    reasoning: 'Two, then.',
    reasoningSignature: 'c2lnLTE=',
    toolCalls: [order('t2', '8'), { id: 't3', name: 'weigh', arguments: { grams: 3 } }],
  },
  {
    content: 'Hm.',
    reasoning: 'Perhaps.',
    reasoningSignature: 'c2lnLTI=',
    toolCalls: [{ id: 't4', name: 'refund_all', arguments: {} }, order('t5', 9)],
  },
  { content: 'Again.', reasoning: 'Of course.', reasoningSignature: 'c2lnLTM=', toolCalls: [order('t6', '9')] },
  { content: '{"orders": 3}', reasoning: 'Three.', reasoningSignature: 'c2lnLTQ=' },
];

const usage = { prompt_tokens: 10, completion_tokens: 2, input_tokens: 10, output_tokens: 2, total_tokens: 12 };

/** How many results the model has been told when it takes each turn: messages are counted otherwise in each API. */
const TOLD = TURNS.map((_, turn) =>
  TURNS.slice(0, turn).reduce((sum, { toolCalls = [] }) => sum + toolCalls.length, 0),
);

export const fixtures: readonly Fixture[] = TURNS.map(({ toolCalls, ...said }, turn) => ({
  match: { predicate: ({ messages }) => messages.filter(({ role }) => role === 'tool').length === TOLD[turn] },
  response:
    toolCalls === undefined
      ? { ...said, usage }
      : {
          ...said,
          usage,
          toolCalls: toolCalls.map((call) => ({ ...call, arguments: JSON.stringify(call.arguments) })),
        },
}));
