import { describe, expect, it, vi } from 'vitest';

import type { AgentPrompts } from '../../../src/core/agents/agent.js';
import {
  fillPrompts,
  foreignSyntaxIn,
  promptNames,
  promptVariables,
  unfilledIn,
} from '../../../src/core/executions/prompt-template.js';

const token = {
  id: 'doc-1',
  workflowId: 'review',
  place: 'submitted',
  metadata: { type: 'memo' },
  transitionCount: 3,
};

function prompts(userTemplate: string, others: Partial<AgentPrompts> = {}): AgentPrompts {
  return { system: '', userTemplate, ...others };
}

function filled(template: string, input: Record<string, string>): string {
  return fillPrompts(prompts(template), promptVariables(input, token)).user;
}

function unfilled(template: string, names: readonly string[]): readonly string[] {
  return unfilledIn(prompts(template), promptNames(names));
}

describe('prompts are filled in', () => {
  it('with every variable of the seed and every input by name', () => {
    const variables = promptVariables({ title: 'T', tags: ['a'] }, token);
    const text = '{title}|{tags}|{token_id}|{current_place}|{workflow_id}|{history_count}|{token_metadata}';
    expect(fillPrompts(prompts(text), variables).user).toBe(
      'T|[\n  "a"\n]|doc-1|submitted|review|3|{\n  "type": "memo"\n}',
    );
  });

  it.each(['{name}', '{ name }', '{{name}}', '{{ name }}', '{\tname\t}'])(
    'whether a variable is spelt %s',
    (spelling) => {
      expect(filled(`<${spelling}>`, { name: 'x' })).toBe('<x>');
    },
  );

  it.each(['größe', '内容', 'имя', 'a.b', 'a-b', '_x'])('with a variable that is called %s', (name) => {
    expect(filled(`{${name}}`, { [name]: 'x' })).toBe('x');
  });

  it('with a name that is written with other code points for the same letters', () => {
    expect(filled('{gro\u0308sse}', { 'gr\u00f6sse': 'x' })).toBe('x');
  });

  it('once: text that a variable brings in is never expanded again', () => {
    expect(filled('{a}{b}', { a: '{b}', b: '$& {a}' })).toBe('{b}$& {a}');
  });

  it('without letting an input replace a variable of the seed', () => {
    expect(promptVariables({ token_id: 'forged' }, token).get('token_id')).toBe('doc-1');
  });

  it('with instructions as paragraphs of the system prompt', () => {
    const both = prompts('', { system: 'You {a}.', contextInstructions: 'And {a}.' });
    expect(fillPrompts(both, new Map([['a', 'review']])).instructions).toBe('You review.\n\nAnd review.');
  });
});

describe('braces that are no variable', () => {
  it.each([
    '{"review": {"score": 1, "by": {"name": "x"}}}',
    '{"a":{"b":{}}}',
    '{{1, 2}, {3}}',
    '} } {',
    '}}',
    '{{',
    '\\d{3} [a-z]{2,}',
    '\\n \\{ \\}',
    '{0} {} { }',
  ])('stay as they stand: %s', (text) => {
    expect(filled(text, {})).toBe(text);
  });

  it.each([
    ['{{"a": 1}}', '{"a": 1}'],
    ['{{"a": {{"b": 1}}}}', '{"a": {"b": 1}}'],
    ['{{"a": {"b": 1}}}', '{"a": {"b": 1}}'],
    ['{{"a": {name}}}', '{"a": x}'],
    ['{"a": {{name}}}', '{"a": x}'],
    ['{{{name}}}', '{x}'],
  ])('are written twice, or not at all: %s', (text, expected) => {
    expect(filled(text, { name: 'x' })).toBe(expected);
  });

  it.each(['{name}', '{{name}}', '{ name }', '{{#if x}}', '{name:.2f}'])('are \\%s with a backslash', (text) => {
    expect(filled(`\\${text}`, { name: 'x' })).toBe(text);
    expect(unfilled(`\\${text}`, ['name'])).toEqual([]);
  });
});

describe('nothing in a prompt passes silently', () => {
  it.each([
    ['{contnet}', '{contnet}'],
    ['{{contnet}}', '{contnet}'],
    ['{ contnet }', '{contnet}'],
    ['{content.title}', '{content.title}'],
    ['{größe}', '{größe}'],
    ['{content:.2f}', '{content:.2f}'],
    ['{content!r}', '{content!r}'],
    ['{content[0]}', '{content[0]}'],
    ['{{content | upper}}', '{{content | upper}}'],
    ['{{#if content}}', '{{#if content}}'],
    ['{{/if}}', '{{/if}}'],
    ['{{> header}}', '{{> header}}'],
    ['{% if content %}', '{% if content %}'],
    ['<%= content %>', '<%= content %>'],
  ])('%s is told as %s', (template, told) => {
    expect(unfilled(template, ['content'])).toEqual([told]);
  });

  it.each(['2nd', 'with space', 'a/b', '1', 'a\nb'])(
    'tells an input of the name %j, which is no name of a variable',
    (name) => {
      for (const template of [`{${name}}`, `{{${name}}}`, `{ ${name} }`]) {
        expect(unfilled(template, [name])).toHaveLength(1);
        expect(unfilled(template, ['other'])).toEqual(unfilled(template, []));
      }
      expect(() => filled(`{${name}}`, { [name]: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );

  it('tells each piece once', () => {
    expect(unfilled('{a} {b} {a}', [])).toEqual(['{a}', '{b}']);
  });

  it('tells what belongs to another template language whatever the names are', () => {
    expect(foreignSyntaxIn(prompts('{{#each x}}{{name}}{{/each}} {name}'))).toEqual([
      '{{#each x}}{{name}}{{/each}} {name}',
      '{{/each}} {name}',
    ]);
  });

  it('is a failure, not a literal, when an execution comes without a value', () => {
    expect(() => filled('{new_variable}', {})).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});

describe('the size of prompts', () => {
  const large = 'x'.repeat(100_000);

  it.each([
    ['one after the other', '{a}'.repeat(11)],
    ['ten thousand times', '{a}'.repeat(10_000)],
  ])('is counted before they are put together: %s', (_, template) => {
    expect(() => filled(template, { a: large })).toThrow(expect.objectContaining({ code: 'prompt_too_large' }));
  });

  it('may be a megabyte', () => {
    expect(filled('{a}'.repeat(10), { a: large })).toHaveLength(1_000_000);
  });

  it.each(['{', '{{', '\\{', '{{#', '{a', '{ ', '{{a ', '}', '{% ', '<%'])('costs time in proportion: %j', (piece) => {
    // What looks back would take longer than a test has.
    expect(unfilled(piece.repeat(100_000), [])).toBeInstanceOf(Array);
  });
});

describe('braces and backslashes in rows of thousands', () => {
  it.each(['{', '}', '{ ', '\\'])('cost one look each: %j', (sign) => {
    const looks = vi.spyOn(RegExp.prototype, 'exec');
    expect(filled(sign.repeat(5000), {})).toBe(sign.repeat(5000));
    expect(looks.mock.calls.length).toBeLessThan(3 * 5010);
  });
});
