import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { ApprovalDesk } from '../../../src/cli/operator/approval-desk.js';
import { TypedLines } from '../../../src/cli/operator/typed-lines.js';
import type { ErrorCode } from '../../../src/core/codes.js';
import { CircuitBreakerError } from '../../../src/core/errors.js';

const CALL = { executionId: 'e', toolCallId: 'a' };
const PENDING = { agentExecution: { pendingApprovals: [{ ...CALL, toolName: 'refund', arguments: { amount: 5 } }] } };

/** A person who types these lines, and an API that answers each decision with one of the codes, in order. */
function desk(typed: string, codes: readonly (ErrorCode | undefined)[]) {
  const input = new PassThrough();
  input.end(typed);
  const said: string[] = [];
  const told: object[] = [];
  const left = [...codes];
  const api = {
    query: <Data>(query: string, variables: object): Promise<Data> => {
      if (query.startsWith('query')) return Promise.resolve(PENDING as Data);
      told.push(variables);
      const code = left.shift();
      return code === undefined
        ? Promise.resolve({} as Data)
        : Promise.reject(new CircuitBreakerError(code, `: ${code}`));
    },
  };
  const say = (line: string) => void said.push(line);
  const parts = { say, print: say, ending: new AbortController().signal };
  return { desk: new ApprovalDesk(parts, api, new TypedLines(input)), said, told };
}

describe('the question whether a call may be made', () => {
  it('is asked again where the API does not take the answer', async () => {
    const { desk: asking, said, told } = desk('{"amount": -1}\ny\nn too much\n', ['VALIDATION_FAILED', 'UNAVAILABLE']);
    await asking.decide(CALL);
    expect(told).toEqual([{ ...CALL, arguments: { amount: -1 } }, CALL, { ...CALL, reason: 'too much' }]);
    expect(said).toEqual(expect.arrayContaining([': VALIDATION_FAILED', ': UNAVAILABLE']));
  });

  it.each(['ALREADY_DECIDED', 'NOT_FOUND'] as const)('is over where the API says %s', async (code) => {
    const { desk: asking, told } = desk('y\ny\n', [code]);
    await asking.decide(CALL);
    expect(told).toHaveLength(1);
  });

  it('fails where the API takes no answer and nobody is there to be asked again', async () => {
    const { desk: asking, told } = desk('', ['UNAVAILABLE']);
    await expect(asking.decide(CALL)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(told).toHaveLength(1);
  });
});
