import { buildClientSchema, getIntrospectionQuery, type GraphQLSchema, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isErrorCode } from '../../src/core/codes.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.js';
import { isWellFormed } from '../../src/core/json/well-formed-text.js';
import { createAgent, createWorkflow, execution, graphql } from '../support/api-client.js';
import { BAD_NUMBERS, BAD_TEXTS } from '../support/bad-texts.js';
import { eventually } from '../support/eventually.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { inParallel } from '../support/in-parallel.js';
import { mutationExamples, OPEN_NET, type MutationExample } from '../support/mutation-examples.js';
import { createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { selectionOf } from '../support/selection.js';
import { SignsOfLife } from '../support/signs-of-life.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { mutationDocument, mutationNames, numberDoors, textDoors, unsaidIn } from '../support/text-doors.js';

const AT_ONCE = 10;
/** Of all that is asked for, one thing that never ends is to be named, not the test as a whole. */
const HANGS_AFTER_MS = 90_000;
/** Stands in a body for digits that no number of JavaScript has. */
const NUMBER_HERE = '"number-goes-here"';
/** What is nowhere to be read, may be cut, or counts for nothing where it stands. */
const NOT_SHOWN = /idempotencyKey|reason|transitionId|placeAgents.0.workflowId/;
/** How what came of a mutation is read over GraphQL, and where it is stored. */
const READS: Readonly<Record<string, { readonly type: string; readonly query: string; readonly rows: string }>> = {
  agent: { type: 'Agent', query: 'agent(id: $id)', rows: 'agents order by version' },
  agentExecution: { type: 'AgentExecution', query: 'agentExecution(id: $id)', rows: 'executions' },
  placeAgent: { type: 'PlaceAgentConfig', query: 'placeAgentConfigs(workflowId: $id)', rows: 'place_agents' },
  token: { type: 'Token', query: 'token(id: $id)', rows: 'tokens' },
  workflow: { type: 'Workflow', query: 'workflow(id: $id)', rows: 'workflows order by version' },
};
/** What goes on while it is read. */
const MOVES = new Set([
  'status',
  'version',
  'attempts',
  'attemptCount',
  'usage',
  'warnings',
  'finalResponse',
  'durationMs',
]);

interface Answer {
  readonly data?: JsonObject | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

interface Taken {
  readonly what: string;
  readonly id: string;
  readonly where: string;
  readonly shown: JsonObject;
}

describe('texts with every kind of bad unit, through every mutation', () => {
  let database: TestDatabase;
  let setting: Setting;
  let everything: SpawnedProcess;
  let address = '';
  let schema: GraphQLSchema;
  let examples: Readonly<Record<string, MutationExample>>;
  let life: SignsOfLife;

  beforeAll(async () => {
    database = await createTestDatabase();
    setting = await newSetting({ STORAGE_URL: database.url });
    ({ address } = setting);
    everything = await startEverything(setting);
    schema = buildClientSchema(await graphql<IntrospectionQuery>(address, getIntrospectionQuery()));
    await createAgent(address, {
      id: 'plain',
      name: 'Plain',
      llmProvider: { type: 'mock', model: 'mock-1', options: { responses: ['fine'], delayMs: 0 } },
      prompts: { system: 'You answer.', userTemplate: 'Look at {input_data}' },
    });
    await createWorkflow(address, { id: 'open', name: 'Open', ...OPEN_NET });
    await ask('executeAgent', JSON.stringify({ input: { id: 'asked', agentId: 'plain', input: 'q' } }));
    examples = mutationExamples(address);
    life = new SignsOfLife(address);
  });

  afterAll(async () => {
    const { silences, slowestMs } = await life.end();
    expect(silences, `the slowest sign of life took ${Math.round(slowestMs)} ms`).toEqual([]);
    expect(await everything.stop(), everything.output).toBe(0);
    await database.drop();
    await setting.remove();
  });

  async function ask(mutation: string, variables: string): Promise<Answer> {
    const query = mutationDocument(schema, mutation);
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
      signal: AbortSignal.timeout(HANGS_AFTER_MS),
    });
    return (await response.json()) as Answer;
  }

  function exampleOf(mutation: string): MutationExample {
    const example = examples[mutation];
    if (example === undefined) throw new Error(`test/support/mutation-examples.ts has no example of ${mutation}`);
    return example;
  }

  /** What the example is for finding doors: with what is refused in any case. */
  async function shapeOf(mutation: string): Promise<JsonObject> {
    const { fresh, besides = {} } = exampleOf(mutation);
    const args = await fresh();
    const added = Object.entries(besides).map(([name, more]): [string, JsonValue] => {
      return [name, isJsonObject(more) ? { ...(args[name] as JsonObject), ...more } : more];
    });
    return { ...args, ...Object.fromEntries(added) };
  }

  /** Whether it was taken; an answer that is neither a result nor a code of the catalogue fails the test. */
  async function isTaken(mutation: string, variables: string, where: string): Promise<boolean> {
    const { data, errors = [] } = await ask(mutation, variables).catch((error: unknown) => {
      throw new Error(`${where} was not answered`, { cause: error });
    });
    for (const { message, extensions } of errors) {
      const code = extensions?.code ?? 'no code';
      expect(isErrorCode(code) && !['INTERNAL', 'UNAVAILABLE'].includes(code), `${where}: ${code} ${message}`).toBe(
        true,
      );
    }
    return errors.length === 0 && data?.[mutation] !== undefined;
  }

  async function read(what: string, id: string): Promise<JsonObject | null> {
    const { type = '', query = '' } = READS[what] ?? {};
    const document = `query ($id: String!) { found: ${query} ${selectionOf(schema, type)} }`;
    const data = await graphql<{ found: unknown }>(address, document, { id });
    const found: unknown = Array.isArray(data.found) ? data.found[0] : data.found;
    return isJsonObject(found) ? found : null;
  }

  /** As storage has it, by id: the newest version of what has versions. */
  async function storedOf(what: string): Promise<ReadonlyMap<JsonValue | undefined, JsonObject>> {
    const rows = await onDatabase(database.url, `select id, document from circuit_breaker.${READS[what]?.rows ?? ''}`);
    return new Map(rows.map(({ id, document }) => [String(id), document as JsonObject]));
  }

  async function goesOn({ what, id, where }: Taken): Promise<void> {
    if (what === 'agentExecution') {
      await eventually(async () => {
        expect((await execution(address, id)).status, where).toBe('COMPLETED');
      });
    }
    if (what !== 'token' || (await read('token', id))?.['status'] !== 'ACTIVE') return;
    const { data } = await ask('updateToken', JSON.stringify({ id, data: { text: 'after' } }));
    expect(data?.['updateToken'], where).toEqual({ __typename: 'Token' });
  }

  it('has an example of each, with all that it takes', async () => {
    expect(Object.keys(examples).sort()).toEqual([...mutationNames(schema)].sort());
    for (const mutation of mutationNames(schema)) {
      expect(unsaidIn(schema, mutation, await shapeOf(mutation)), `the example of ${mutation} lacks`).toEqual([]);
      const asked = JSON.stringify(await exampleOf(mutation).fresh());
      expect(await isTaken(mutation, asked, mutation), `the example of ${mutation} is taken`).toBe(true);
    }
  });

  it.each(Object.keys(mutationExamples('')))('%s', async (mutation) => {
    const { fresh, read: reading } = exampleOf(mutation);
    const faults: string[] = [];
    const taken: Taken[] = [];
    const tries = textDoors(await shapeOf(mutation)).flatMap((door) => BAD_TEXTS.map((bad) => ({ door, ...bad })));
    /** What was refused has changed nothing: its arguments are as good as new ones but for the text. */
    const unused: JsonObject[] = [];
    await inParallel(AT_ONCE, tries, async ({ door, what, text }) => {
      const where = `${mutation} ${door.pointer} with ${what}`;
      const good = unused.pop() ?? (await fresh());
      const args = door.put(good, text);
      if (!(await isTaken(mutation, JSON.stringify(args), where))) {
        unused.push(good);
        return;
      }
      if (reading === undefined) return;
      const id = reading.id(args);
      const shown = await read(reading.what, id);
      if (shown === null) faults.push(`${where}: nothing came of it`);
      else {
        taken.push({ what: reading.what, id, where, shown });
        if (!NOT_SHOWN.test(door.pointer) && !isTold(shown, text)) faults.push(`${where}: is not shown as it is`);
      }
    });
    for (const good of unused) {
      const isGood = await isTaken(mutation, JSON.stringify(good), mutation);
      expect(isGood, `${mutation} is taken after ${unused.length} were refused`).toBe(true);
    }
    const stored = await storedOf(reading?.what ?? 'token');
    for (const { where, shown } of taken) {
      for (const path of differences(shown, stored.get(shown['id'])))
        faults.push(`${where}: ${path} is not what is stored`);
    }
    expect(faults).toEqual([]);
    await inParallel(AT_ONCE, taken, (one) => goesOn(one));
  });

  it('refuses numbers beyond 2^53, wherever one is taken', async () => {
    for (const mutation of mutationNames(schema)) {
      const { fresh } = exampleOf(mutation);
      const args = await fresh();
      const doors = [
        ...numberDoors(args),
        ...textDoors(args).filter(({ pointer }) => /\/(data|metadata|input)\//.test(pointer)),
      ];
      const tries = doors.flatMap((door) => BAD_NUMBERS.map((digits) => ({ door, digits })));
      await inParallel(AT_ONCE, tries, async ({ door, digits }) => {
        // All are refused, and change nothing.
        const body = JSON.stringify(door.put(args, 'number-goes-here'));
        if (!body.includes(`:${NUMBER_HERE}`)) return;
        const where = `${mutation} ${door.pointer} with ${digits}`;
        expect(await isTaken(mutation, body.replace(NUMBER_HERE, digits), where), where).toBe(false);
      });
      expect(await isTaken(mutation, JSON.stringify(args), mutation), mutation).toBe(true);
    }
  });
});

function isTold(shown: JsonValue, text: string): boolean {
  return isWellFormed(text) && JSON.stringify(shown).includes(JSON.stringify(text).slice(1, -1));
}

/** Where what is shown is not what is stored; what storage does not have under this name is made by the API. */
function differences(shown: JsonValue, stored: JsonValue | undefined, path = ''): readonly string[] {
  if (stored === undefined) return path === '' ? ['not stored'] : [];
  if (isJsonObject(shown) && isJsonObject(stored)) {
    return Object.entries(shown)
      .filter(([name]) => !MOVES.has(name) && !name.endsWith('At'))
      .flatMap(([name, value]) => differences(value, stored[name], `${path}/${name}`));
  }
  if (Array.isArray(shown) && Array.isArray(stored) && shown.length === stored.length) {
    return shown.flatMap((item: JsonValue, index) => differences(item, stored[index] as JsonValue, `${path}/${index}`));
  }
  return JSON.stringify(shown) === JSON.stringify(stored) ? [] : [path];
}
