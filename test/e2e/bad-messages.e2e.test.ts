import {
  ApplicationFailure,
  Client,
  Connection,
  QueryNotRegisteredError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../../src/contract/messages.js';
import { executionFailureCode } from '../../src/core/codes.js';
import type { JsonObject } from '../../src/core/json/json.js';
import { wellFormed } from '../../src/core/json/well-formed-text.js';
import type { Token } from '../../src/core/tokens/token.js';
import {
  createAgent,
  createToken,
  createWorkflow,
  execution,
  fire,
  graphql,
  settledToken,
} from '../support/api-client.js';
import { BAD_TEXTS } from '../support/bad-texts.js';
import { eventually } from '../support/eventually.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { inParallel } from '../support/in-parallel.js';
import { OPEN_NET, workflowInput } from '../support/mutation-examples.js';
import { createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { SignsOfLife } from '../support/signs-of-life.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { streamFaults, StreamViewer } from '../support/stream-viewer.js';
import { textDoors } from '../support/text-doors.js';

const AT_ONCE = 10;
/** Of a definition's many doors each gets every so manieth of the texts, and all texts come to some. */
const EVERY = 6;
/** In characters: an answer may be longer than a token takes, which is an incident. */
const MOST_IN_A_TOKEN = 200_000;
const TASK_QUEUE = 'circuit-breaker';

const START: JsonObject = {
  workflowId: 'open',
  workflowVersion: 1,
  initialPlace: 'a',
  data: { text: 'clean', more: { within: ['clean'] } },
  metadata: { kind: 'clean' },
};
const FIRE: JsonObject = { transitionId: 'go', data: { text: 'clean' }, idempotencyKey: 'once' };
const MESSAGES: readonly (readonly ['signal' | 'update' | 'query', string, JsonObject])[] = [
  ['signal', 'fireTransition', FIRE],
  ['update', 'fire', FIRE],
  ['query', 'acceptedFire', FIRE],
  ['update', 'updateToken', { data: { text: 'clean' }, metadata: { kind: 'clean' } }],
  ['update', 'retry', { text: 'unasked' }],
  ['update', 'triggerPlaceAgents', { text: 'unasked' }],
  ['update', 'migrate', { fromVersion: 1, toVersion: 2, placeMapping: { a: 'b' } }],
  ['signal', 'placeAgentsChanged', { placeAgents: [{ id: 'one', placeId: 'a', agentId: 'plain' }] }],
  ['update', 'cancel', { reason: 'not needed' }],
];

describe('texts with every kind of bad unit, from programs and models', () => {
  let database: TestDatabase;
  let setting: Setting;
  let provider: FaultServer;
  let everything: SpawnedProcess;
  let connection: Connection;
  let client: Client;
  let address = '';
  let life: SignsOfLife;
  let count = 0;

  beforeAll(async () => {
    [database, provider] = await Promise.all([createTestDatabase(), startFaultServer()]);
    setting = await newSetting({ STORAGE_URL: database.url });
    ({ address } = setting);
    everything = await startEverything(setting);
    connection = await Connection.connect({ address: setting.temporalAddress });
    client = new Client({ connection });
    await agent('plain', { type: 'mock', model: 'mock-1', options: { responses: ['fine'], delayMs: 0 } });
    await createWorkflow(address, { id: 'open', name: 'Open', ...OPEN_NET });
    life = new SignsOfLife(address);
  });

  afterAll(async () => {
    const { silences, slowestMs } = await life.end();
    expect(silences, `the slowest sign of life took ${Math.round(slowestMs)} ms`).toEqual([]);
    await connection.close();
    expect(await everything.stop(), everything.output).toBe(0);
    await Promise.all([provider.stop(), database.drop(), setting.remove()]);
  });

  async function agent(id: string, llmProvider: object, more: object = {}): Promise<void> {
    const prompts = { system: 'You answer.', userTemplate: 'Look at {input_data}' };
    await createAgent(address, { id, name: id, llmProvider, prompts, ...more });
  }

  async function start(type: string, args: JsonObject): Promise<WorkflowHandle> {
    count += 1;
    return await client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId: `plain-${count}`, args: [args] });
  }

  /**
   * The token of the API is the token of Temporal, and it can be changed; one that was never created has said why. Gives it, where
   * there is one.
   */
  async function soundToken(handle: WorkflowHandle, where: string): Promise<Token | undefined> {
    const change = handle.executeUpdate('updateToken', { args: [{ metadata: { after: true } }] });
    if (!(await isTaken(change, where)) && !(await isTaken(handle.result(), where))) return undefined;
    const token = await handle.query<Token>('token');
    const { data, metadata } = token;
    await eventually(async () => {
      const shown = 'query ($id: String!) { token(id: $id) { data metadata } }';
      const stored = await graphql<{ token: unknown }>(address, shown, { id: handle.workflowId });
      expect(stored.token, where).toEqual({ data, metadata });
    });
    return token;
  }

  it('every place in the start of a token', async () => {
    const inline = { definition: { ...workflowInput('inline'), placeAgents: [] }, data: { text: 'clean' } };
    const tries = [
      ...textDoors(START).flatMap((door) => BAD_TEXTS.map((bad) => ({ message: START, door, ...bad }))),
      ...textDoors(inline).flatMap((door, index) =>
        BAD_TEXTS.filter((_, at) => at % EVERY === index % EVERY).map((bad) => ({ message: inline, door, ...bad })),
      ),
    ];
    await inParallel(AT_ONCE, tries, async ({ message, door, what, text }) => {
      await soundToken(await start(TOKEN_LIFECYCLE, door.put(message, text)), `start ${door.pointer} with ${what}`);
    });
  });

  it.each(MESSAGES)('every place in the %s %s', async (kind, name, message) => {
    const tries = textDoors(message).flatMap((door) => BAD_TEXTS.map((bad) => ({ door, ...bad })));
    /** Tokens that are where they began: the next message finds them as it would find new ones. */
    const unmoved: WorkflowHandle[] = [];
    await inParallel(AT_ONCE, tries, async ({ door, what, text }) => {
      const where = `${name} ${door.pointer} with ${what}`;
      const handle = unmoved.pop() ?? (await start(TOKEN_LIFECYCLE, START));
      const args = door.put(message, text);
      if (kind === 'signal') await handle.signal(name, args);
      else if (kind === 'query') await isTaken(handle.query(name, args), where);
      else await isTaken(handle.executeUpdate(name, { args: [args] }), where);
      const token = await soundToken(handle, where);
      if (token?.status === 'ACTIVE' && token.place === START['initialPlace']) unmoved.push(handle);
    });
  });

  it('every place in the start of an execution', async () => {
    const request = { executionId: 'one', agentId: 'plain', input: { text: 'clean' }, conversationId: 'talk' };
    const tries = textDoors(request).flatMap((door) => BAD_TEXTS.map((bad) => ({ door, ...bad })));
    await inParallel(AT_ONCE, tries, async ({ door, what, text }) => {
      const asked = { ...request, executionId: `plain-${count + 1}`, conversationId: `talk-${count + 1}` };
      const handle = await start(AGENT_EXECUTION, door.put(asked, text));
      await isTaken(handle.result(), `execution ${door.pointer} with ${what}`);
    });
  });

  it('every answer of a model, cut anywhere: shown, stored and mapped is the same', async () => {
    provider.behave((_request, response, body) => {
      const { model } = body as { model: string };
      beginStream(response);
      for (const piece of piecesOf(answerOf(model))) response.write(frame({ delta: { content: piece } }));
      response.end(`${frame({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
    });
    const tries = BAD_TEXTS.flatMap((bad, index) =>
      ['prose', 'said'].map((as) => ({ ...bad, as, id: `${as}-${index}` })),
    );
    await inParallel(AT_ONCE, tries, async ({ what, text, as, id }) => {
      await agent(id, { type: 'custom', baseUrl: provider.baseUrl, model: id });
      const outputMapping = { 'data.said': as === 'prose' ? 'response' : 'said' };
      const transition = { id: 'ask', fromPlaces: ['a'], toPlace: 'b', agentExecution: { agentId: id, outputMapping } };
      await createWorkflow(address, { id, name: id, places: ['a', 'b'], initialPlace: 'a', transitions: [transition] });
      const tokenId = await createToken(address, { workflowId: id });
      const executionId = await fire(address, { tokenId, transitionId: 'ask' });
      const viewer = new StreamViewer();
      await viewer.watch(address, executionId);
      const { finalResponse, status } = await execution(address, executionId);
      const where = `an answer in ${as} with ${what}`;
      expect({ status, faults: streamFaults(viewer.events) }, where).toEqual({ status: 'COMPLETED', faults: [] });
      expect(viewer.text === finalResponse, `${where}: shown is read`).toBe(true);
      const [row] = await onDatabase(
        database.url,
        `select document from circuit_breaker.executions where id = '${executionId}'`,
      );
      expect((row?.['document'] as JsonObject)['finalResponse'] === finalResponse, `${where}: read is stored`).toBe(
        true,
      );
      const { data, incident } = await settledToken(address, tokenId);
      const isMapped = data['said'] === wellFormed(text);
      const isTooLarge = text.length > MOST_IN_A_TOKEN && incident !== null;
      expect(isMapped || isTooLarge, `${where}: mapped is what was said`).toBe(true);
    });
  });
});

function answerOf(model: string): string {
  const [as, index] = model.split('-');
  const text = BAD_TEXTS[Number(index)]?.text ?? '';
  return as === 'prose' ? text : JSON.stringify({ said: text });
}

/** Code units by the three, so that whole characters are cut as well; what is long, in fewer. */
function piecesOf(text: string): readonly string[] {
  const size = Math.max(3, Math.ceil(text.length / 1001));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));
}

function frame(choice: object): string {
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] })}\n\n`;
}

/** Whether it was taken; what is refused otherwise than with a code of the catalogue fails the test. */
async function isTaken(answer: Promise<unknown>, where: string): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    // Queries have no codes: what Temporal calls any refusal of one.
    if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError) return false;
    const isTold = error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError;
    const cause = isTold ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw new Error(where, { cause: error });
    expect(executionFailureCode(cause.type ?? ''), `${where}: ${cause.message}`).toBe(cause.type);
    expect(cause.type, `${where}: ${cause.message}`).not.toBe('INTERNAL');
    return false;
  }
}
