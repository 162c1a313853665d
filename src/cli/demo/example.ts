import { readFile } from 'node:fs/promises';

import type { ApiClient } from '../api-client.js';
import type { DemoModel } from './choose-model.js';

/** A folder below `examples`, with a slash at its end. */
export function exampleFolder(name: string): URL {
  return new URL(`../../../examples/${name}/`, import.meta.url);
}

/** Saves the agent and the workflow of an example; what is there already in the same form stays as it is. */
export async function installExample(api: ApiClient, folder: URL, { provider }: DemoModel): Promise<void> {
  const input = { ...(await readExample(folder, 'agent.json')), llmProvider: provider };
  const { id } = input;
  const { agent: existing } = await api.query<{ agent: { id: string } | null }>(
    'query ($id: String!) { agent(id: $id) { id } }',
    { id },
  );
  await (existing === null
    ? api.query('mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', { input })
    : api.query('mutation ($id: String!, $input: AgentInput!) { updateAgent(id: $id, input: $input) { id } }', {
        id,
        input,
      }));
  await api.query('mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }', {
    input: await readExample(folder, 'workflow.json'),
  });
}

async function readExample(folder: URL, name: string): Promise<{ readonly id: string }> {
  return JSON.parse(await readFile(new URL(name, folder), 'utf8')) as { id: string };
}
