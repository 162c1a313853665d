import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';

import { expandAgent, expandWorkflow } from '../../src/core/definitions/short-forms.js';
import type { JsonObject } from '../../src/core/json/json.js';
import { atOnce } from '../../src/core/steps.js';
import { parseAgentInput } from '../../src/core/validation/agent-schema.js';
import { workflowInputSteps } from '../../src/core/validation/definition-schema.js';
import { readJson } from '../../src/folder/json-text.js';
import { definitionText } from '../../src/folder/write-definition.js';
import { readYaml } from '../../src/folder/yaml-text.js';
import { arbitraryDefinition } from '../support/arbitrary-definition.js';

/** What a server would keep of it. */
function saved(kind: 'agent' | 'workflow', input: unknown): JsonObject {
  const parsed = kind === 'agent' ? parseAgentInput(input) : atOnce(workflowInputSteps(input));
  if (!('value' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  const { id, content } = parsed.value;
  return JSON.parse(JSON.stringify({ id, ...content })) as JsonObject;
}

function readAgain(kind: 'agent' | 'workflow', text: string, read = readYaml): JsonObject {
  const { input, problems } = read(text);
  expect(problems, text).toEqual([]);
  const expanded = kind === 'agent' ? expandAgent(input) : expandWorkflow(input);
  expect(expanded.problems, text).toEqual([]);
  return saved(kind, expanded.input);
}

async function expectSame(kind: 'agent' | 'workflow', definition: JsonObject): Promise<void> {
  const yaml = definitionText(kind, definition, 'yaml') ?? 'no text';
  expect(readAgain(kind, yaml)).toEqual(definition);
  expect(readAgain(kind, await format(yaml, { parser: 'yaml', printWidth: 80, singleQuote: true })), yaml).toEqual(
    definition,
  );
  const json = definitionText(kind, definition, 'json') ?? 'no text';
  expect(readAgain(kind, json, readJson)).toEqual(definition);
}

const example = (file: string) => JSON.parse(readFileSync(`examples/${file}`, 'utf8')) as JsonObject;

/** What makes trouble in YAML: blanks at ends, signs, words of other versions, lines of all kinds. */
const piece = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.constantFrom(
    'no',
    'yes',
    '~',
    '- a',
    '# b',
    ': ',
    'a: b',
    '{x}',
    '"',
    "'",
    '|',
    '>',
    '%',
    '&a',
    '*a',
    '!t',
    '0123',
  ),
  fc.constantFrom(' ', '  ', '\t', '\n', '\n\n', ' \n', '\n  ', '---\n', '...\n', '\r\n', '\u0085', '\u2028', '\ufeff'),
  fc.constantFrom(
    'word',
    'a word and another',
    'x'.repeat(90),
    'ein Ä',
    '日本',
    '🙂',
    '\\n',
    '<b>',
    '2026-01-01',
    '1e3',
    '.5',
  ),
);
const text = (minLength: number) => fc.array(piece, { minLength, maxLength: 8 }).map((pieces) => pieces.join(''));

const arbitraryBudget = fc.constantFrom(
  undefined,
  {},
  { maxCostUsdPerDay: 0.000001, maxTokensPerDay: 1_000_000_000_000 },
  { maxCostUsdPerExecution: 0 },
);

const arbitraryAgent = fc
  .record({
    name: text(1),
    description: text(0),
    system: text(0),
    userTemplate: text(1),
    capabilities: fc.array(text(1), { maxLength: 3 }),
    options: fc.dictionary(
      text(1),
      fc.oneof(
        text(0),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      { maxKeys: 3 },
    ),
    approvalTimeoutSeconds: fc.constantFrom(undefined, 1, 90, 3600, 86_461, 1.5, 604_800, 1.0001),
    cache: fc.constantFrom(undefined, { ttlSeconds: 90, scope: 'AGENT' }, { ttlSeconds: 1.5, scope: 'WORKFLOW' }),
    maxTurns: fc.constantFrom(10, 3),
    budget: arbitraryBudget,
  })
  .map(({ system, userTemplate, options, approvalTimeoutSeconds, budget, cache, name, ...rest }) => ({
    id: 'any',
    name: name.slice(0, 200),
    ...rest,
    llmProvider: {
      type: 'custom',
      model: 'no',
      baseUrl: 'https://models.example.com',
      options: { extraBody: options },
    },
    // Braces ask for inputs, and not all may.
    prompts: { system: system.replaceAll('{x}', 'x'), userTemplate },
    ...(approvalTimeoutSeconds === undefined ? {} : { approvalTimeoutSeconds }),
    ...(budget === undefined ? {} : { budget }),
    ...(cache === undefined ? {} : { cache }),
  }));

describe('the text of a definition', () => {
  it.each(['document-review', 'support-ticket', 'content-classification'])('means the example %s', async (name) => {
    await expectSame('agent', saved('agent', example(`${name}/agent.json`)));
    await expectSame('workflow', saved('workflow', example(`${name}/workflow.json`)));
  });

  it('means any agent, also after a formatter has touched it', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryAgent, async (input) => {
        const parsed = parseAgentInput(input);
        fc.pre('value' in parsed);
        await expectSame('agent', saved('agent', input));
      }),
      { numRuns: 150 },
    );
  });

  it('means any workflow, also after a formatter has touched it', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryDefinition, text(1), arbitraryBudget, async (given, description, budget) => {
        const { version: _version, ...definition } = given;
        const input = JSON.parse(JSON.stringify({ ...definition, description, budget })) as JsonObject;
        fc.pre('value' in atOnce(workflowInputSteps(input)));
        await expectSame('workflow', saved('workflow', input));
      }),
      { numRuns: 60 },
    );
  });

  it('is what a person would write', () => {
    const workflow = saved('workflow', {
      id: 'w',
      name: 'W',
      places: ['no', 'b'],
      initialPlace: 'no',
      transitions: [
        {
          id: 'go',
          fromPlaces: ['no'],
          toPlace: 'b',
          trigger: 'automatic',
          rules: [
            { type: 'Not', rule: { type: 'Expression', expression: 'data.a > 1.0', description: 'large' } },
            { type: 'Expression', expression: 'data.b' },
          ],
          agentExecution: { agentId: 'one', timeoutSeconds: 300 },
        },
      ],
    });
    expect(definitionText('workflow', workflow, 'yaml'))
      .toBe(`# yaml-language-server: $schema=../node_modules/circuit-breaker/dist/definitions/workflow.schema.json

id: w
name: W
places:
  - "no"
  - b
initialPlace: "no"
transitions:
  - id: go
    fromPlaces:
      - "no"
    toPlace: b
    trigger: automatic
    rules:
      - type: Not
        rule:
          when: data.a > 1.0
          description: large
    when: data.b
    agentExecution:
      agentId: one
      timeoutSeconds: 5m
`);
  });

  it('has prompts as blocks', () => {
    const prompts = { system: 'You review.\nBe kind.\n', userTemplate: 'Text:\n\n  {input_data}' };
    const agent = saved('agent', { id: 'a', name: 'A', llmProvider: { type: 'mock', model: 'm' }, prompts });
    expect(definitionText('agent', agent, 'yaml'))
      .toBe(`# yaml-language-server: $schema=../node_modules/circuit-breaker/dist/definitions/agent.schema.json

id: a
name: A
llmProvider:
  type: mock
  model: m
prompts:
  system: |
    You review.
    Be kind.
  userTemplate: |-
    Text:

      {input_data}
`);
  });

  it('is none where a prompt is the name of a file', () => {
    const prompts = { system: './reviewer.md', userTemplate: 'u' };
    const agent = saved('agent', { id: 'a', name: 'A', llmProvider: { type: 'mock', model: 'm' }, prompts });
    expect(definitionText('agent', agent, 'yaml')).toBeUndefined();
  });
});
