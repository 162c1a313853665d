import fc from 'fast-check';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';

import type { WorkflowContent } from '../../src/core/definitions/definition.js';
import { expandAgent, expandWorkflow } from '../../src/core/definitions/short-forms.js';
import { canonicalJson, type JsonValue } from '../../src/core/json/json.js';
import { atOnce } from '../../src/core/steps.js';
import { parseAgentInput } from '../../src/core/validation/agent-schema.js';
import { workflowInputSteps } from '../../src/core/validation/definition-schema.js';
import { writeAgent, writeWorkflow } from '../../src/folder/write-definition.js';
import { readYaml } from '../../src/folder/yaml-text.js';
import { arbitraryDefinition } from '../support/arbitrary-definition.js';
import { anAgent } from '../support/builders.js';

/** What YAML, in one version or another, takes for something else than a text, and texts that have to be quoted. */
const text = fc
  .oneof(
    fc.constantFrom(
      'no',
      'On',
      'y',
      'null',
      '~',
      '010',
      '0o7',
      '1e3',
      '1:30',
      '2026-01-01',
      '.inf',
      '<<',
      '*a',
      '&a',
      '!a',
      '- a',
      'a: b',
      'a #b',
    ),
    fc.constantFrom(
      ' a',
      'a ',
      'a\n',
      '\n a\nb',
      'a\n\n\n',
      '\ta',
      'a\tb',
      '{a}',
      '"',
      "'",
      '%',
      '@',
      '`',
      '|',
      '>',
      '---',
      '...',
      '\u2028',
      '\u0085',
      '\r\n',
      '\\n',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  )
  .filter((each) => each.trim() !== '' && !each.includes('\0'));

const contents: fc.Arbitrary<WorkflowContent> = fc
  .tuple(
    arbitraryDefinition,
    text,
    fc.dictionary(fc.constantFrom('no', 'on', 'a1', '010', '1e3'), text, { maxKeys: 3 }),
  )
  .map(([{ id: _id, version: _version, programs: _programs, ...content }, words, named]) => ({
    ...content,
    name: words,
    description: words,
    rules: Object.fromEntries(
      Object.entries(named).map(([name, value]) => [
        name,
        {
          type: 'And' as const,
          rules: [
            { type: 'FieldEquals' as const, field: 'data.x', value: [value, { [value]: null }] },
            { type: 'Expression' as const, expression: 'data.x > 7.0' },
          ],
        },
      ]),
    ),
    transitions: content.transitions.map((each, index) =>
      index === 0
        ? { ...each, name: words, rules: [...each.rules, { type: 'Expression', expression: 'data.x != "no"' }] }
        : each,
    ),
  }));

/** As text, since some random rules are refused: then for the same reasons. */
function judged(input: unknown): string {
  return canonicalJson(JSON.parse(JSON.stringify(atOnce(workflowInputSteps(input)))) as JsonValue);
}

function read(file: string): string {
  const { input, problems } = readYaml(file);
  expect(problems).toEqual([]);
  return judged(expandWorkflow(input).input);
}

describe('a workflow that is written as a file', () => {
  it('reads back as the same, also when a formatter has touched the file', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (content) => {
        const expected = judged({ id: 'any', ...content });
        const file = writeWorkflow('any', content);
        expect(read(file)).toBe(expected);
        expect(read(await format(file, { parser: 'yaml' }))).toBe(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('has short forms, and nothing that is so by itself', () => {
    const file = writeWorkflow('any', {
      name: 'Any',
      places: ['a', 'no'],
      initialPlace: 'a',
      transitions: [
        {
          id: 't',
          fromPlaces: ['a'],
          toPlace: 'no',
          trigger: 'manual',
          conditions: [],
          rules: [{ type: 'Expression', expression: 'data.x' }],
        },
      ],
      rules: {},
      placeAgents: [],
    });
    expect(file.split('\n').slice(1)).toEqual([
      'id: any',
      'name: Any',
      'places:',
      '  - a',
      '  - "no"',
      'initialPlace: a',
      'transitions:',
      '  - id: t',
      '    fromPlaces:',
      '      - a',
      '    toPlace: "no"',
      '    when: data.x',
      '',
    ]);
  });
});

describe('an agent that is written as a file', () => {
  it('reads back as the same, also when a formatter has touched the file', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (system, description) => {
        // Braces mean variables, which other tests are about.
        const prompts = { system: system.replace(/[{}<]/g, ''), userTemplate: '{input_data}' };
        const content = anAgent({ description, prompts, outputSchema: { properties: { y: { const: system } } } });
        const file = writeAgent('reviewer', content);
        for (const each of [file, await format(file, { parser: 'yaml' })]) {
          const { input, problems } = readYaml(each);
          expect(problems).toEqual([]);
          expect(parseAgentInput(expandAgent(input).input)).toEqual({ value: { id: 'reviewer', content } });
        }
      }),
      { numRuns: 25 },
    );
  });
});
