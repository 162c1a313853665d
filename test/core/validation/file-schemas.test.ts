import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { JsonObject } from '../../../src/core/json/json.js';
import { fileSchemas } from '../../../src/core/validation/file-schemas.js';
import { workflowInputSteps } from '../../../src/core/validation/definition-schema.js';
import { atOnce } from '../../../src/core/steps.js';
import { definitionText } from '../../../src/folder/write-definition.js';
import { arbitraryDefinition } from '../../support/arbitrary-definition.js';

const { agent, workflow } = fileSchemas();
const ajv = new Ajv2020({ strict: true, strictTypes: false });
const isAgent = ajv.compile(agent);
const isWorkflow = ajv.compile(workflow);
const example = (file: string): unknown => parse(readFileSync(`examples/definitions/yaml/${file}`, 'utf8'));
const NET = { name: 'A', places: ['a'], initialPlace: 'a' };
const MOVE = { id: 't', fromPlaces: ['a'], toPlace: 'a' };

describe('the schemas for editors', () => {
  it.each(['document-review', 'support-ticket'])('take the workflow %s', (name) => {
    expect(isWorkflow(example(`workflows/${name}.yaml`)), JSON.stringify(isWorkflow.errors)).toBe(true);
  });

  it.each(['content-reviewer', 'support-agent'])('take the agent %s', (name) => {
    expect(isAgent(example(`agents/${name}.yaml`)), JSON.stringify(isAgent.errors)).toBe(true);
  });

  it('take every workflow that is accepted, in its short forms', () => {
    fc.assert(
      fc.property(arbitraryDefinition, ({ id, version: _version, ...content }) => {
        fc.pre('value' in atOnce(workflowInputSteps({ id, ...content })));
        const definition = JSON.parse(JSON.stringify({ id, ...content })) as JsonObject;
        const text = definitionText('workflow', definition, 'yaml') ?? '';
        expect(isWorkflow(parse(text)), JSON.stringify(isWorkflow.errors)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [{ ...NET, transitions: [{ ...MOVE, when: 'data.x', rules: [{ when: 'data.y', description: 'Y.' }] }] }, true],
    [{ ...NET, transitions: [], rules: { high: { type: 'Not', rule: { when: 'data.x' } } } }, true],
    [{ ...NET, transitions: [{ ...MOVE, agentExecution: { agentId: 'a', timeoutSeconds: '1h30m' } }] }, true],
    [{ ...NET, transitions: [{ ...MOVE, agentExecution: { agentId: 'a', timeoutSeconds: 'soon' } }] }, false],
    [{ ...NET, transitions: [{ ...MOVE, from: 'a' }] }, false],
    [{ ...NET, transitions: [{ id: 't' }] }, false],
    [{ ...NET, transitions: [{ ...MOVE, rules: [{ type: 'FieldExist', field: 'data.x' }] }] }, false],
    [{ ...NET, transitions: [{ ...MOVE, trigger: 'auto' }] }, false],
    [{ name: 'A' }, false],
  ])('judge %j: %s', (input, fits) => {
    expect(isWorkflow(input)).toBe(fits);
  });
});
