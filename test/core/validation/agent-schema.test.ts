import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { parseAgentInput } from '../../../src/core/validation/agent-schema.js';

const INPUT = {
  name: 'Reviewer',
  llmProvider: { type: 'mock', model: 'scripted' },
  prompts: { system: '', userTemplate: '{input_data}' },
};

function problems(change: object): readonly string[] {
  const parsed = parseAgentInput({ ...INPUT, ...change });
  return 'problems' in parsed ? parsed.problems.map(({ code, pointer }) => `${code} ${pointer}`) : [];
}

describe('parseAgentInput', () => {
  it('fills in defaults and leaves out what is null', () => {
    const nulls = {
      id: null,
      description: null,
      llmConfig: null,
      outputSchema: null,
      allowedWorkflows: null,
      maxTurns: null,
    };
    expect(parseAgentInput({ ...INPUT, ...nulls })).toStrictEqual({
      value: {
        content: {
          name: 'Reviewer',
          description: '',
          llmProvider: { type: 'mock', model: 'scripted', headers: {}, options: {} },
          llmConfig: {},
          prompts: INPUT.prompts,
          capabilities: [],
          tools: [],
          maxTurns: 10,
          strictParameters: false,
        },
      },
    });
  });

  it('reads the example that ships with us', () => {
    const example = JSON.parse(
      readFileSync(new URL('../../../examples/document-review/agent.json', import.meta.url), 'utf8'),
    ) as object;
    expect(problems(example)).toEqual([]);
  });

  it('reports problems of provider, settings and limits at once', () => {
    const change = {
      id: 'a b',
      llmProvider: { type: 'custom', model: 'm', options: { apiKey: 'sk-1' } },
      llmConfig: { temperature: 3, maxTokens: 0 },
      maxTurns: 0,
      maxToolCalls: 1001,
      approvalRequired: ['pay'],
      approvalTimeoutSeconds: 0.5,
      allowedWorkflows: ['ok', '..'],
      budget: { maxCostUsdPerExecution: -1, maxCostUsdPerDay: 1_000_001, maxTokensPerDay: 0.5 },
    };
    expect(problems(change)).toEqual([
      'INVALID_VALUE /id',
      'BASE_URL_MISSING /llmProvider/baseUrl',
      'API_KEY_IN_DEFINITION /llmProvider/options/apiKey',
      'OUT_OF_RANGE /llmConfig/temperature',
      'OUT_OF_RANGE /llmConfig/maxTokens',
      'OUT_OF_RANGE /maxTurns',
      'OUT_OF_RANGE /maxToolCalls',
      'UNKNOWN_TOOL /approvalRequired/0',
      'OUT_OF_RANGE /approvalTimeoutSeconds',
      'OUT_OF_RANGE /budget/maxCostUsdPerExecution',
      'OUT_OF_RANGE /budget/maxCostUsdPerDay',
      'INVALID_VALUE /budget/maxTokensPerDay',
      'INVALID_VALUE /allowedWorkflows/1',
    ]);
  });

  it('refuses to keep answers of an agent with tools, for no time, or for more than 30 days', () => {
    expect(problems({ cache: { ttlSeconds: 60, scope: 'WORKFLOW' } })).toEqual([]);
    expect(problems({ cache: { ttlSeconds: 0.5 }, tools: ['look'] })).toEqual([
      'OUT_OF_RANGE /cache/ttlSeconds',
      'INVALID_VALUE /cache',
    ]);
    expect(problems({ cache: { ttlSeconds: 2_592_001 } })).toEqual(['OUT_OF_RANGE /cache/ttlSeconds']);
    expect(problems({ cache: { scope: 'EVERYBODY' } })).toEqual([
      'INVALID_VALUE /cache/ttlSeconds',
      'INVALID_VALUE /cache/scope',
    ]);
  });

  it('refuses an output schema without end', () => {
    expect(problems({ outputSchema: { description: 'x'.repeat(100_001) } })).toEqual([
      'OUTPUT_SCHEMA_TOO_COSTLY /outputSchema',
    ]);
  });

  it('takes the bounds of numbers as any language writes them, and no other number that has lost digits', () => {
    const inSchema = (keywords: object) => ({ outputSchema: { type: 'object', properties: { n: keywords } } });
    expect(problems(inSchema({ type: 'integer', minimum: -(2 ** 63), maximum: 2 ** 63 }))).toEqual([]);
    expect(problems(inSchema({ const: 2 ** 63 }))).toEqual(['NUMBER_INEXACT /outputSchema/properties/n/const']);
    expect(problems({ llmConfig: { seed: 2 ** 63 } })).toEqual(['NUMBER_INEXACT /llmConfig/seed']);
  });

  it('allows 16 stop sequences and no more', () => {
    const stopSequences = Array.from({ length: 16 }, (_, index) => `stop ${index}`);
    expect(problems({ llmConfig: { stopSequences } })).toEqual([]);
    expect(problems({ llmConfig: { stopSequences: [...stopSequences, 'x'] } })).toEqual([
      'INVALID_VALUE /llmConfig/stopSequences',
    ]);
  });

  it.each([
    ['an unknown field', { llmProvidr: {} }, 'UNKNOWN_FIELD /llmProvidr'],
    ['an unknown provider', { llmProvider: { type: 'acme', model: 'm' } }, 'INVALID_VALUE /llmProvider/type'],
    ['a schema that is no object', { outputSchema: [] }, 'INVALID_VALUE /outputSchema'],
    ['half a surrogate pair', { prompts: { system: '\udc00', userTemplate: 'x' } }, 'TEXT_INVALID /prompts/system'],
  ])('refuses %s', (_name, change, problem) => {
    expect(problems(change)).toEqual([problem]);
  });
});
