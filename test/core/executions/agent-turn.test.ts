import { describe, expect, it } from 'vitest';
import { decideTurn, repairMessages, totalUsage, type FinishedTurn } from '../../../src/core/executions/agent-turn.js';

const answer = (fields: Partial<FinishedTurn> = {}): FinishedTurn => ({
  text: '{}',
  toolCalls: [],
  stopReason: 'stop',
  ...fields,
});
const first = { turn: 1, maxTurns: 10, hasRepaired: false, toolCallsBefore: 0 };
const invalid = answer({ outputProblem: 'The answer does not fit its schema: /grade must be number.' });

describe('what follows a turn', () => {
  it('is the end when the answer fits', () => {
    expect(decideTurn(answer(), first)).toEqual({ type: 'finish' });
  });

  it('is one chance to repair an answer that does not fit, told what is wrong with it', () => {
    const step = decideTurn(invalid, first);
    expect(step).toMatchObject({ type: 'repair', request: expect.stringContaining('/grade must be number') as string });
    expect(decideTurn(invalid, { ...first, turn: 2, hasRepaired: true })).toMatchObject({ code: 'output_invalid' });
  });

  it('is a failure when no turn is left for a repair', () => {
    expect(decideTurn(invalid, { ...first, maxTurns: 1 })).toMatchObject({ type: 'fail', code: 'output_invalid' });
  });

  it('is a failure at once when the answer was cut off: the next one would be too', () => {
    const step = decideTurn({ ...invalid, stopReason: 'length' }, first);
    expect(step).toMatchObject({ code: 'output_invalid', message: expect.stringContaining('maxTokens') as string });
  });

  describe('that asks for tools', () => {
    const toolCalls = [1, 2].map((number) => ({ id: `call-${number}`, name: 'search', arguments: {} }));
    const asking = answer({ toolCalls, stopReason: 'tool_calls', outputProblem: 'It is no JSON.' });

    it('is their call', () => {
      const step = { type: 'call-tools', calls: toolCalls };
      expect(decideTurn(asking, { ...first, maxToolCalls: 2 })).toEqual(step);
      expect(decideTurn(asking, { ...first, turn: 9, toolCallsBefore: 30, maxToolCalls: 32 })).toEqual(step);
    });

    it('is a failure when no turn is left to tell the model what came of them', () => {
      const last = { ...first, turn: 10, maxToolCalls: 32 };
      const message = expect.stringContaining("raise the agent's maxTurns") as string;
      expect(decideTurn(asking, last)).toMatchObject({ type: 'fail', code: 'turn_limit', message });
    });

    it('is a failure when they are more than an execution may call', () => {
      const message = expect.stringContaining("raise the agent's maxToolCalls") as string;
      const place = { ...first, toolCallsBefore: 31, maxToolCalls: 32 };
      expect(decideTurn(asking, place)).toMatchObject({ type: 'fail', code: 'turn_limit', message });
    });

    it('is a failure when its agent has none', () => {
      expect(decideTurn(asking, first)).toMatchObject({ type: 'fail', code: 'tool_failed' });
    });
  });
});

describe('a repair', () => {
  it('leaves the answer and the request in the conversation', () => {
    const mark = { timestamp: '2026-01-01T00:00:00.000Z', executionId: 'run-1', turn: 1 };
    expect(repairMessages(invalid, 'Again.', mark)).toEqual([
      { role: 'assistant', content: '{}', ...mark },
      { role: 'user', content: 'Again.', ...mark },
    ]);
  });
});

describe('the usage of an execution', () => {
  it('is that of all its turns, and says of the cache only what a provider said', () => {
    const turns = [
      { inputTokens: 10, outputTokens: 2, totalTokens: 12, cachedInputTokens: 8, cacheWriteInputTokens: 1 },
      { inputTokens: 13, outputTokens: 3, totalTokens: 16 },
    ];
    expect(totalUsage(turns)).toEqual({
      ...{ inputTokens: 23, outputTokens: 5, totalTokens: 28 },
      ...{ cachedInputTokens: 8, cacheWriteInputTokens: 1 },
    });
    expect(totalUsage([])).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
  });
});
