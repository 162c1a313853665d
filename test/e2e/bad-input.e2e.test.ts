import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, execution, fire, settledToken } from '../support/api-client.js';
import { newPreparedSetting, newSetting, startEverything, type Setting } from '../support/everything.js';
import { freePort } from '../support/free-port.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { streamFaults, StreamViewer } from '../support/stream-viewer.js';

const WRITER = {
  id: 'writer',
  name: 'Writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
};

function workflow(id: string, change: object = {}) {
  return {
    id,
    name: id,
    places: ['asked', 'written'],
    initialPlace: 'asked',
    transitions: [
      {
        id: 'write',
        fromPlaces: ['asked'],
        toPlace: 'written',
        agentExecution: { agentId: 'writer', retryConfig: { maxAttempts: 2, backoffSeconds: 0.1 } },
      },
    ],
    ...change,
  };
}

interface Answer {
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** Nobody listens there, and nobody can: the port is not one that the system hands out. */
const REFUSING = 'http://127.0.0.1:3/v1';

describe('bad input to a running server', () => {
  let setting: Setting;
  let everything: SpawnedProcess;

  beforeAll(async () => {
    setting = await newPreparedSetting({ OPENAI_BASE_URL: REFUSING });
    everything = await startEverything(setting);
    await createAgent(setting.address, WRITER);
    await createWorkflow(setting.address, workflow('writing'));
  });

  afterAll(async () => {
    // Whatever it was sent, it lives until it is stopped, and stops in order.
    expect(await everything.stop(), everything.output).toBe(0);
    await setting.remove();
  });

  async function post(body: string): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return (await (await fetch(`${setting.address}/graphql`, { method: 'POST', headers, body })).json()) as Answer;
  }

  async function refusal(query: string, variables: object): Promise<Record<string, unknown>> {
    const { errors } = await post(JSON.stringify({ query, variables }));
    return errors?.[0]?.extensions ?? {};
  }

  const FIRE = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }';
  const SAVE = 'mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }';

  it('an unknown token, transition or agent is named with a code', async () => {
    expect(await refusal(FIRE, { input: { tokenId: 'nobody', transitionId: 'write' } })).toMatchObject({
      code: 'NOT_FOUND',
    });
    const tokenId = await createToken(setting.address, { workflowId: 'writing' });
    expect(await refusal(FIRE, { input: { tokenId, transitionId: 'fly' } })).toMatchObject({
      code: 'TRANSITION_REFUSED',
      blockers: [{ code: 'UNKNOWN_TRANSITION' }],
    });
    const execute = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
    expect(await refusal(execute, { input: { agentId: 'nobody' } })).toMatchObject({ code: 'NOT_FOUND' });
    const create = 'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }';
    expect(await refusal(create, { input: { workflowId: 'nothing' } })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('an unknown execution has no stream', async () => {
    const response = await fetch(`${setting.address}/agent-stream/nobody`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('malformed JSON is refused with a code', async () => {
    const answer = await post('{"query": ');
    expect(JSON.stringify(answer)).toContain('VALIDATION_FAILED');
  });

  it('a definition is refused with all of its problems at once', async () => {
    const input = workflow('broken', {
      initialPlace: 'nowhere',
      transitions: [
        { id: 'a', fromPlaces: ['asked', 'void'], toPlace: 'moon' },
        { id: 'a', fromPlaces: ['asked'], toPlace: 'written', agentExecution: { agentId: 'nobody' } },
      ],
    });
    const { code, problems } = (await refusal(SAVE, { input })) as { code: string; problems: { pointer: string }[] };
    expect(code).toBe('VALIDATION_FAILED');
    const pointers = problems.map(({ pointer }) => pointer);
    expect(pointers).toEqual(
      expect.arrayContaining([
        '/initialPlace',
        '/transitions/0/fromPlaces/1',
        '/transitions/0/toPlace',
        '/transitions/1/id',
        '/transitions/1/agentExecution/agentId',
      ]),
    );
  });

  it('a template variable that nothing provides is refused where agent and mapping meet', async () => {
    const agent = {
      ...WRITER,
      id: 'asker',
      prompts: { system: 'You ask.', userTemplate: 'About {topic} for {audience}' },
    };
    await createAgent(setting.address, agent);
    const [transition] = workflow('asking').transitions;
    const agentExecution = { agentId: 'asker', inputMapping: { topic: 'data.topic' } };
    const input = workflow('asking', { transitions: [{ ...transition, agentExecution }] });
    const { problems } = (await refusal(SAVE, { input })) as { problems: { code: string; message: string }[] };
    expect(problems).toMatchObject([{ code: 'TEMPLATE_VARIABLE_UNKNOWN' }]);
    expect(problems[0]?.message).toContain('audience');
  });

  it('a provider that refuses the connection ends in an incident, after its retries, and the stream ends', async () => {
    const tokenId = await createToken(setting.address, { workflowId: 'writing', data: { topic: 'tides' } });
    const executionId = await fire(setting.address, { tokenId, transitionId: 'write' });
    const viewer = new StreamViewer();
    expect(await viewer.watch(setting.address, executionId)).toBe(1000);
    expect(viewer.last).toMatchObject({ eventType: 'failed', errorCode: 'network', status: 'failed' });
    expect(streamFaults(viewer.events)).toEqual([]);
    const token = await settledToken(setting.address, tokenId);
    expect(token).toMatchObject({ place: 'asked', status: 'ACTIVE', incident: { code: 'network' } });
    const { attempts } = await execution(setting.address, executionId);
    expect(attempts.map(({ errorCode }) => errorCode)).toEqual(['network', 'network']);
  });

  it('a second process on the same folder is refused with the way out', async () => {
    const environment = { ...setting.environment, PORT: String(await freePort()) };
    const second = SpawnedProcess.start('start', environment);
    expect(await second.exit()).toBe(1);
    expect(second.output).toContain(setting.environment['DATA_DIR']);
    expect(second.output).toMatch(/DATA_DIR|STORAGE_URL/);
  });

  it.each([
    ['empty', Buffer.from('  \n'), 'is empty'],
    ['not UTF-8', Buffer.from([0x50, 0xff, 0xfe, 0x00]), 'not text in UTF-8'],
    ['too large', Buffer.alloc(300 * 1024, 'a'), 'may have at most'],
  ])('a document that is %s is refused before anything is started', async (_name, bytes, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'document-'));
    const file = join(folder, 'document.md');
    await writeFile(file, bytes);
    const demo = SpawnedProcess.start('demo', setting.environment, { args: [file] });
    expect(await demo.exit()).toBe(2);
    expect(demo.output).toContain(message);
    await rm(folder, { recursive: true });
  });
});

describe('bad configuration', () => {
  it.each([
    [{ PORT: 'http' }, 'PORT is "http"'],
    [{ STORAGE_URL: 'mongodb://localhost' }, 'STORAGE_URL'],
    [{ HOST: '0.0.0.0' }, 'HOST is "0.0.0.0"'],
  ])('%j is one message that names the variable', async (environment: Record<string, string>, message) => {
    const setting = await newSetting(environment);
    const everything = SpawnedProcess.start('start', setting.environment);
    expect(await everything.exit()).toBe(1);
    expect(everything.output).toContain(message);
    expect(everything.output).not.toMatch(/\n\s+at /);
    await setting.remove();
  });
});
