import { describe, expect, it } from 'vitest';

import {
  approvalSeconds,
  judgeAnswer,
  parseApprove,
  parseReject,
  refusalForModel,
  type ApprovalAnswer,
  type ToolApproval,
} from '../../../src/core/executions/tool-approval.js';

const now = '2026-01-02T00:00:00.000Z';
const waiting: ToolApproval = {
  ...{ executionId: 'run-1', turn: 1, index: 0, toolCallId: 'c0', toolName: 'pay', arguments: { amount: 7 } },
  requestedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-08T00:00:00.000Z',
};
const approve = (more: object = {}): ApprovalAnswer => ({ type: 'approve', toolCallId: 'c0', ...more });
const reject = (more: object = {}): ApprovalAnswer => ({ type: 'reject', toolCallId: 'c0', ...more });

/** What the call is after an answer. */
function after(answer: ApprovalAnswer): ToolApproval {
  const verdict = judgeAnswer(waiting, answer, { now });
  if (verdict.type === 'refused') throw new Error(verdict.message);
  return verdict.approval;
}

describe('the first answer to a call', () => {
  it.each<[string, ApprovalAnswer, object]>([
    ['an approval', approve(), { decision: 'approved', decidedAt: now }],
    ['one with the same arguments', approve({ arguments: { amount: 7 } }), { decision: 'approved', decidedAt: now }],
    [
      'one with others',
      approve({ arguments: { amount: 5 } }),
      { decision: 'approved', arguments: { amount: 5 }, decidedAt: now },
    ],
    ['a rejection', reject(), { decision: 'rejected', decidedAt: now }],
    [
      'one that ends the execution',
      reject({ reason: 'No.', stop: true }),
      { decision: 'rejected', reason: 'No.', stop: true, decidedAt: now },
    ],
  ])('decides it: %s', (_what, answer, decision) => {
    expect(judgeAnswer(waiting, answer, { now })).toEqual({ type: 'decided', approval: { ...waiting, decision } });
  });

  it('comes too late once its execution has ended', () => {
    expect(judgeAnswer(waiting, approve(), { now, isEnded: true })).toMatchObject({ code: 'ALREADY_DECIDED' });
  });

  it('to a call that nobody was asked about is none', () => {
    expect(judgeAnswer(undefined, approve(), { now })).toMatchObject({ type: 'refused', code: 'NOT_FOUND' });
  });
});

const answers = [
  approve(),
  approve({ arguments: { amount: 5 } }),
  approve({ arguments: { amount: 6 } }),
  reject(),
  reject({ reason: 'No.' }),
  reject({ stop: true }),
];

describe('a later answer', () => {
  it.each(answers.flatMap((first) => answers.map((second) => [first, second] as const)))(
    'is the same where it says the same, and refused else: %j, then %j',
    (first, second) => {
      const verdict = judgeAnswer(after(first), second, { now: '2026-01-03T00:00:00.000Z', isEnded: true });
      if (first === second) expect(verdict).toEqual({ type: 'again', approval: after(first) });
      else expect(verdict).toMatchObject({ type: 'refused', code: 'ALREADY_DECIDED' });
    },
  );

  it('to a call that has expired is refused, whatever it says', () => {
    const expired: ToolApproval = { ...waiting, decision: { decision: 'expired', decidedAt: now } };
    for (const answer of answers) {
      expect(judgeAnswer(expired, answer, { now })).toMatchObject({
        code: 'ALREADY_DECIDED',
        message: `Tool call "c0" expired at ${now}, which counts as a rejection.`,
      });
    }
  });
});

describe('what people send', () => {
  it('is read', () => {
    expect(parseApprove({ toolCallId: 'c0', arguments: null })).toEqual({ value: { toolCallId: 'c0' } });
    const rejection = { toolCallId: 'c0', reason: 'No.', stop: true };
    expect(parseReject(rejection)).toEqual({ value: rejection });
  });

  it.each<unknown>([
    undefined,
    'c0',
    {},
    { toolCallId: '' },
    { toolCallId: 'c0', arguments: [1] },
    { toolCallId: 'c0', arguments: { text: 'half \uD83D' } },
    { toolCallId: 'c0', arguments: JSON.parse('{"__proto__": {"amount": 1}}') as object },
    { toolCallId: 'c0', arguments: { text: 'ä'.repeat(32_768) } },
  ])('is refused where it is no approval: %j', (message) => {
    expect(parseApprove(message)).toHaveProperty('problems');
    expect(parseApprove(message)).not.toHaveProperty('value');
  });

  it.each<unknown>([null, {}, { toolCallId: 'c0', stop: 'yes' }, { toolCallId: 'c0', reason: 'x'.repeat(1001) }])(
    'is refused where it is no rejection: %j',
    (message) => {
      expect(parseReject(message)).not.toHaveProperty('value');
    },
  );
});

describe('what a model is told of a call that was not made', () => {
  it('says who decided so, and why', () => {
    expect(refusalForModel({ decision: 'rejected', reason: 'No.', decidedAt: now })).toContain(
      'A person rejected the call: No. It was not made.',
    );
    expect(refusalForModel({ decision: 'rejected', decidedAt: now })).toContain('A person rejected the call. It was');
    expect(refusalForModel({ decision: 'expired', decidedAt: now })).toContain('Nobody approved the call in time');
  });
});

describe('how long a call may wait', () => {
  it('is what its agent says, as far as the end of its execution leaves time for the work that follows', () => {
    expect(approvalSeconds(600, { work: 900 })).toBe(600);
    expect(approvalSeconds(600, { untilEnd: 10_000, work: 900 })).toBe(600);
    expect(approvalSeconds(600, { untilEnd: 1200, work: 650 })).toBe(600);
    expect(approvalSeconds(600, { untilEnd: 1000, work: 900 })).toBe(500);
    expect(approvalSeconds(600, { untilEnd: 0, work: 900 })).toBe(0);
  });
});
