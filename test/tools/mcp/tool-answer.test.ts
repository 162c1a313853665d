import { describe, expect, it } from 'vitest';

import type { JsonValue } from '../../../src/core/json/json.js';
import { answerOf } from '../../../src/tools/mcp/tool-answer.js';

const answer = (content: readonly JsonValue[], structuredContent: JsonValue = null) =>
  answerOf({ content, structuredContent, isError: false });
const text = (words: string) => ({ type: 'text', text: words });

describe('what a model is told of the result of an MCP tool', () => {
  it('is its text', () => {
    expect(answer([text('one'), text('two')])).toBe('one\n\ntwo');
    expect(answer([])).toBe('');
  });

  it('is its structured content alone, where the text repeats it', () => {
    const structured = { total: 12, of: { b: 1, a: [2] } };
    expect(answer([], structured)).toEqual(structured);
    expect(answer([text('{"of": {"a": [2], "b": 1}, "total": 12}')], structured)).toEqual(structured);
    expect(answer([text('All is well.')], { content: 'All is well.' })).toEqual({ content: 'All is well.' });
  });

  it('is both, where the text says more', () => {
    expect(answer([text('It is late.')], { total: 12 })).toEqual({
      ...{ text: 'It is late.', structuredContent: { total: 12 } },
    });
  });

  it.each<[JsonValue, string]>([
    [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }, 'image (image/png, 3 bytes)'],
    [{ type: 'audio', data: 'AAAA' }, 'audio (of no stated type, 3 bytes)'],
    [{ type: 'resource', resource: { uri: 'x://1', blob: 'AAAA' } }, 'resource x://1 (of no stated type, 3 bytes)'],
    [{ type: 'hologram' }, 'content of the type "hologram"'],
    ['words', 'something that is no content'],
  ])('says what is left out: %j', (block, what) => {
    expect(answer([block])).toBe(`[Left out, since only text can be read: ${what}]`);
  });

  it('costs little, however many parts there are, and however deep a text is', () => {
    const beganMs = performance.now();
    const repeated = Array.from({ length: 200_000 }, () => text('{"total": 12}'));
    expect(answer(repeated, { total: 12 })).toEqual({
      ...{ text: '[Left out: 199000 more parts]', structuredContent: { total: 12 } },
    });
    const deep = '['.repeat(4_000_000) + ']'.repeat(4_000_000);
    expect(answer([text(deep)], { total: 12 })).toEqual({ text: deep, structuredContent: { total: 12 } });
    expect(performance.now() - beganMs).toBeLessThan(1000);
  });

  it('has the text of resources, and names those that are only linked', () => {
    expect(answer([{ type: 'resource', resource: { uri: 'x://1', text: 'Read me.' } }])).toBe(
      '[Resource x://1]\nRead me.',
    );
    expect(answer([{ type: 'resource_link', uri: 'x://1', name: 'one', description: 'The first' }])).toBe(
      '[Resource x://1: one. The first]',
    );
  });
});
