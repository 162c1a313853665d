import { describe, expect, it } from 'vitest';

import type { Parsed } from '../../../src/core/json/parsed.js';
import { parseFireRequest } from '../../../src/core/tokens/fire-request.js';
import { parseTokenStart } from '../../../src/core/tokens/token-start.js';
import { parseUpdateRequest } from '../../../src/core/tokens/update-request.js';

function pointersOf(parsed: Parsed<unknown>): readonly string[] {
  return 'value' in parsed ? [] : parsed.problems.map(({ pointer }) => pointer);
}

describe('messages that clients send', () => {
  it('are told everything that is wrong with them at once, each with its place', () => {
    expect(pointersOf(parseTokenStart({ workflowId: 7, data: [1], metadata: 5 }))).toEqual([
      '/workflowId',
      '/data',
      '/metadata',
    ]);
    expect(pointersOf(parseFireRequest({ data: 'x', idempotencyKey: '', expectedVersion: 1.5 }))).toEqual([
      '/transitionId',
      '/data',
      '/idempotencyKey',
      '/expectedVersion',
    ]);
    expect(pointersOf(parseUpdateRequest({ data: null, expectedVersion: '1' }))).toEqual(['', '/expectedVersion']);
  });

  it.each([undefined, null, 'text', 5, [], new Date(0).getTime()])('are objects, which %j is not', (message) => {
    for (const parse of [parseFireRequest, parseTokenStart, parseUpdateRequest]) {
      expect(pointersOf(parse(message))).toEqual(['']);
    }
  });

  it('count null as absent and ignore what nobody asks for', () => {
    expect(parseFireRequest({ transitionId: 'go', data: null, later: 1 })).toEqual({ value: { transitionId: 'go' } });
    expect(parseTokenStart({ workflowId: 'w', metadata: null })).toEqual({ value: { workflowId: 'w' } });
  });

  it('name an identifier of a length that an identifier can have', () => {
    expect(pointersOf(parseFireRequest({ transitionId: 'x'.repeat(900_000) }))).toEqual(['/transitionId']);
    expect(pointersOf(parseFireRequest({ transitionId: 'x'.repeat(200) }))).toEqual([]);
  });

  it('are drafts where nothing is wrong but numbers that have lost digits', () => {
    const message = { workflowId: 'w', data: { account: 2 ** 53 } };
    const problem = { code: 'NUMBER_INEXACT', pointer: '/data/account' };
    expect(parseTokenStart(message)).toMatchObject({ draft: message, problems: [problem] });
    expect(parseTokenStart({ ...message, metadata: 5 })).not.toHaveProperty('draft');
    expect(parseTokenStart({ ...message, metadata: { text: '\0' } })).not.toHaveProperty('draft');
  });

  it('hold nothing that cannot be stored, however deep', () => {
    const parsed = parseTokenStart({ workflowId: 'w', data: { list: [{ text: '\u0000' }] } });
    expect(pointersOf(parsed)).toEqual(['/data/list/0/text']);
  });
});
