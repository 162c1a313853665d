import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { afterAll, describe, expect, it } from 'vitest';

import { canonicalJson, type JsonValue } from '../../src/core/json/json.js';
import { parseAgentInput } from '../../src/core/validation/agent-schema.js';
import { workflowInputSteps } from '../../src/core/validation/definition-schema.js';
import { atOnce } from '../../src/core/steps.js';
import { readDefinitionFolder } from '../../src/folder/definition-folder.js';
import { workflowHash } from '../../src/operations/checked-workflow.js';
import { SchemaThreads } from '../../src/schemas/schema-threads.js';

const schemas = new SchemaThreads();
afterAll(() => schemas.close());

const EXAMPLES = ['document-review', 'support-ticket'] as const;

function hashOf(content: unknown): string {
  const text = canonicalJson(JSON.parse(JSON.stringify(content)) as JsonValue);
  return createHash('sha256').update(text).digest('hex');
}

const jsonOf = async (path: string): Promise<unknown> => JSON.parse(await readFile(`examples/${path}`, 'utf8'));

/** The hashes of what the API is given by `npm run demo`, by their ids. */
async function hashesOfDemo(): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const name of EXAMPLES) {
    const agent = parseAgentInput(await jsonOf(`${name}/agent.json`));
    const workflow = atOnce(workflowInputSteps(await jsonOf(`${name}/workflow.json`)));
    if ('value' in agent) hashes[agent.value.id ?? ''] = hashOf(agent.value.content);
    if ('value' in workflow) hashes[workflow.value.id ?? ''] = await workflowHash(workflow.value.content);
  }
  return hashes;
}

describe('the examples', () => {
  it.each(['yaml', 'typescript'])('in %s are those of the demo, by their hashes', async (language) => {
    const folder = `examples/definitions/${language}`;
    const read = await readDefinitionFolder(folder, { schemas, environment: { PATH: process.env['PATH'] } });
    expect(read.problems).toEqual([]);
    const agents = read.agents.map(({ id, content }) => [id, hashOf(content)] as const);
    const workflows = await Promise.all(
      read.workflows.map(async ({ id, content }) => [id, await workflowHash(content)] as const),
    );
    expect(Object.fromEntries([...agents, ...workflows])).toEqual(await hashesOfDemo());
    expect([...agents, ...workflows]).toHaveLength(2 * EXAMPLES.length);
  });
});
