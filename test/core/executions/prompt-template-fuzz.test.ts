import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { AgentPrompts } from '../../../src/core/agents/agent.js';
import { ModelError } from '../../../src/core/executions/model-error.js';
import { fillPrompts, promptNames, promptVariables, unfilledIn } from '../../../src/core/executions/prompt-template.js';
import { readTemplate } from '../../../src/core/executions/template-parts.js';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.js';
import { templateByPatterns } from '../../support/template-by-patterns.js';

const FIXED = { seed: 15, numRuns: 500 } as const;
const token = { id: 'doc-1', workflowId: 'review', place: 'submitted', metadata: {}, transitionCount: 3 };

/** A letter of any alphabet first, then letters, marks, digits and signs; composed and decomposed. */
const name = fc
  .tuple(
    fc.constantFrom('a', '_', 'ß', 'ж', 'λ', '内', 'あ', '한', 'ع', 'ñ', 'n\u0303', '𝒳'),
    fc.array(fc.constantFrom('b', '1', '٣', '-', '_', '.', 'ö', 'o\u0308', '語', 'ि', 'É'), { maxLength: 4 }),
  )
  .map(([first, more]) => [first, ...more].join(''));

const SIGNS = [
  '{',
  '}',
  '{{',
  '}}',
  '{{{',
  '}}}',
  '\\',
  '"',
  ':',
  ' ',
  '\n',
  '1',
  '%',
  '{%',
  '<%',
  '{{#',
  '|',
  '(',
  '~',
  '$&',
  '$1',
] as const;
const fragment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SIGNS) },
  { weight: 3, arbitrary: name },
  { weight: 3, arbitrary: name.map((one) => `{${one}}`) },
  { weight: 1, arbitrary: name.map((one) => `{{ ${one} }}`) },
  { weight: 1, arbitrary: fc.constantFrom('{input_data}', '{token_id}', '{{#if x}}', '{name:.2f}', '{"a": {"b": 1}}') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
const textOf = (maxLength: number) => fc.array(fragment, { maxLength }).map((fragments) => fragments.join(''));
const template = textOf(8);
/** Short enough to be filled often. */
const surroundings = textOf(2);
const anyPrompts: fc.Arbitrary<AgentPrompts> = fc.record(
  { system: template, contextInstructions: template, userTemplate: template },
  { requiredKeys: ['system', 'userTemplate'] },
);

const value: fc.Arbitrary<JsonValue> = fc.oneof(
  template,
  fc.integer(),
  fc.constantFrom(null, true, ['{a}'], { a: '{a}' }),
);
const input: fc.Arbitrary<JsonObject> = fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true });

/** What the prompts are when they are filled, or the code of the refusal. */
function outcome(prompts: AgentPrompts, given: JsonValue): string | readonly string[] {
  try {
    const { instructions, user } = fillPrompts(prompts, promptVariables(given, token));
    return [instructions, user];
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}

function filled(userTemplate: string, given: JsonObject): unknown {
  const result = outcome({ system: '', userTemplate }, given);
  return typeof result === 'string' ? { refused: result } : result[1];
}

describe('any template with any input', () => {
  it('is filled, or refused with what nothing fills, as it was said when the agent was saved', () => {
    let isFilled = 0;
    fc.assert(
      fc.property(anyPrompts, input, (prompts, given) => {
        const unfilled = unfilledIn(prompts, promptNames(Object.keys(given)));
        const result = outcome(prompts, given);
        if (unfilled.length > 0) expect(result).toBe('invalid_request');
        else expect(result).toHaveLength(2);
        if (unfilled.length === 0) isFilled += 1;
      }),
      FIXED,
    );
    expect(isFilled).toBeGreaterThan(20);
  });

  it('is read as the patterns of its grammar read it', () => {
    const sign = fc.constantFrom(
      ...[
        '{',
        '}',
        '{{',
        '}}',
        '\\',
        ' ',
        '\t',
        '\n',
        '\u00a0',
        '\ufeff',
        '<%',
        '{%',
        '-',
        '~',
        '=',
        '+',
        '#',
        '^',
        '&',
        '|',
        '(',
      ],
      ...['a', '_', '.', '1', 'ß', '٣', 'é', 'e\u0301', '\u0301', '𝒳', '😀', '\ud835', '\udcb3'],
    );
    const text = fc.oneof(
      template,
      fc.array(sign, { maxLength: 24 }).map((signs) => signs.join('')),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(readTemplate(one)).toEqual(templateByPatterns(one));
      }),
      { ...FIXED, numRuns: 20_000 },
    );
  });

  it.each(['{', '{{', '{a', '{{a', '{{1}}', '\\{', '{\n', '{%', '<%', '{{#', '{a}', '{é', 'a\u0315\u0300'])(
    'is read in few parts and names few mistakes where %j stands in it without end',
    (unit) => {
      const text = unit.repeat(300_000);
      const { parts, foreign, doubtful } = readTemplate(text);
      const variables = parts.filter(({ type }) => type === 'variable').length;
      expect(parts.length).toBeLessThanOrEqual(2 * variables + 1);
      expect(Math.max(foreign.length, doubtful.length)).toBeLessThanOrEqual(10_000);
    },
  );

  it('is read in parts that are no more than it has characters, and shows little of what is wrong', () => {
    fc.assert(
      fc.property(template, fc.nat({ max: 200 }), (text, times) => {
        const { parts, foreign, doubtful } = readTemplate(text.repeat(times));
        expect(parts.length).toBeLessThanOrEqual(text.length * times);
        for (const shown of [...foreign, ...doubtful.map(({ source }) => source)]) {
          expect(shown.length).toBeLessThanOrEqual(41);
        }
      }),
      { ...FIXED, numRuns: 100 },
    );
  });

  it('has what a variable brings in as it came, whatever braces are in it', () => {
    const mark = 'MARKMARK';
    let isFilled = 0;
    fc.assert(
      fc.property(surroundings, name, surroundings, template, (before, called, after, brought) => {
        const text = [before, `{${called}}`, after].join('');
        const marked = filled(text, { [called]: mark });
        const result = filled(text, { [called]: brought });
        if (text.includes('input_data')) return;
        expect(result).toEqual(typeof marked === 'string' ? marked.replaceAll(mark, () => brought) : marked);
        if (typeof marked === 'string' && marked.includes(mark)) isFilled += 1;
      }),
      FIXED,
    );
    expect(isFilled).toBeGreaterThan(100);
  });

  it('has every spelling of a variable filled, in whatever alphabet and composition', () => {
    fc.assert(
      fc.property(name, fc.boolean(), (called, isComposed) => {
        const given = { [called.normalize(isComposed ? 'NFC' : 'NFD')]: 'x' };
        for (const spelt of [`{${called}}`, `{ ${called} }`, `{{${called}}}`, `{{ ${called} }}`]) {
          expect(filled(`<${spelt}>`, given)).toBe('<x>');
        }
        expect(filled(`<\\{${called}}>`, given)).toBe(`<{${called}}>`);
      }),
      FIXED,
    );
  });

  it('keeps the JSON that stands in it', () => {
    const plain = fc.string().filter((text) => !/[{}\\<%]/.test(text));
    const json = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        plain,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(plain, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(json, fc.constantFrom(0, 2), input, (document, indent, given) => {
        const text = JSON.stringify(document, null, indent);
        if (text.includes('\\')) return;
        expect(filled(`As in ${text}.`, given)).toBe(`As in ${text}.`);
      }),
      FIXED,
    );
  });
});
