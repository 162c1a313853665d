import { describe, expect, it } from 'vitest';

import { promptVariables, renderTemplate, templateVariables } from '../../../src/core/executions/prompt-template.js';

const token = {
  id: 'doc-1',
  workflowId: 'review',
  place: 'submitted',
  metadata: { type: 'memo' },
  transitionCount: 3,
};

describe('renderTemplate', () => {
  it('fills in every seed variable and every input by name', () => {
    const variables = promptVariables({ title: 'T', tags: ['a'] }, token);
    const text = '{title}|{tags}|{token_id}|{current_place}|{workflow_id}|{history_count}|{token_metadata}';
    expect(renderTemplate(text, variables)).toBe('T|[\n  "a"\n]|doc-1|submitted|review|3|{\n  "type": "memo"\n}');
  });

  it('never expands text that a variable brought in', () => {
    const variables = promptVariables({ a: '{b}', b: 'secret' }, undefined);
    expect(renderTemplate('{a}', variables)).toBe('{b}');
  });

  it('takes double braces for literal ones and leaves braces without a name alone', () => {
    expect(renderTemplate('{{a}} {"x": 1} { a }', new Map([['a', '1']]))).toBe('{a} {"x": 1} { a }');
  });

  it('does not interpret replacement patterns in values', () => {
    expect(renderTemplate('<{a}>', new Map([['a', '$& $1']]))).toBe('<$& $1>');
  });

  it('gives a string input as it is and the rest as indented JSON', () => {
    expect(promptVariables('text', token).get('input_data')).toBe('text');
    expect(promptVariables({ a: 1 }, token).get('input_data')).toBe('{\n  "a": 1\n}');
  });

  it('does not let an input replace a seed variable', () => {
    expect(promptVariables({ token_id: 'forged' }, token).get('token_id')).toBe('doc-1');
  });
});

describe('templateVariables', () => {
  it('lists each name once and no literal braces', () => {
    expect(templateVariables('{a} {b} {a} {{c}} {"d": 1}')).toEqual(['a', 'b']);
  });
});
