import { describe, expect, it } from 'vitest';

import { hasInputs, lackingOutputs, mapInput, mapOutput, missingInputs } from '../../../src/core/executions/mapping.js';
import { aResult } from '../../support/builders.js';

const fields = { data: { content: 'Hello', list: ['x'] }, metadata: { type: 'memo' } };

describe('input mapping', () => {
  it('gives the token data when nothing is mapped', () => {
    expect(mapInput({}, fields)).toEqual(fields.data);
  });

  it('reads paths, array members included, and an absent optional one as empty', () => {
    const mapping = { text: 'data.content', first: 'data.list.0', extra: 'data.none?' };
    expect(mapInput(mapping, fields)).toEqual({ text: 'Hello', first: 'x', extra: '' });
  });

  it('takes a null for a path that is absent: no agent is told nothing as if it were a text', () => {
    const withNull = { ...fields, data: { text: null, member: { list: [null] } } };
    const mapping = { a: 'data.text', b: 'data.member.list.0', c: 'data.text?' };
    expect(missingInputs(mapping, withNull).map(({ message }) => /"(.)"/.exec(message)?.[1])).toEqual(['a', 'b']);
    expect(hasInputs(mapping, withNull)).toBe(false);
  });

  it('blocks for each required path that is absent', () => {
    const blockers = missingInputs({ a: 'data.none', b: 'data.content', c: 'metadata.none?', d: 'data.gone' }, fields);
    expect(blockers.map(({ code, message }) => [code, message.includes('"a"') || message.includes('"d"')])).toEqual([
      ['INPUT_MISSING', true],
      ['INPUT_MISSING', true],
    ]);
  });
});

describe('output mapping', () => {
  it('writes built-in outputs and paths into the structured output', () => {
    const mapping = { 'data.review.score': 'scores.total', 'metadata.by': 'agent_id', 'data.text': 'response' };
    const mapped = mapOutput(mapping, aResult({ output: { scores: { total: 9 } } }), fields);
    expect(mapped).toEqual({
      ok: true,
      value: {
        data: { ...fields.data, review: { score: 9 }, text: 'Fine.' },
        metadata: { type: 'memo', by: 'reviewer' },
      },
    });
  });

  it.each([
    ['a missing output', { 'data.a': 'none' }],
    ['a value in the way', { 'data.content.deep': 'response' }],
    ['the whole of data replaced by text', { data: 'response' }],
    ['a path outside the roots', { 'status.x': 'response' }],
    ['a forbidden key', { 'data.__proto__.polluted': 'response' }],
  ])('fails on %s', (_name, mapping: Record<string, string>) => {
    expect(mapOutput(mapping, aResult(), fields).ok).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the derived output schema', () => {
  it('tells what an answer lacks', () => {
    expect(lackingOutputs(['a', 'b.c'], { a: null, b: {} })).toEqual(['b.c']);
    expect(lackingOutputs(['a'], undefined)).toEqual(['a']);
  });
});
