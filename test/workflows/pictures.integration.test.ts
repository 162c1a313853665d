import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../../src/contract/messages.js';
import type { LlmProvider } from '../../src/core/agents/agent.js';
import { isEnded } from '../../src/core/executions/execution.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { JsonObject, JsonValue } from '../../src/core/json/json.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PNG_URL = `data:image/png;base64,${PNG}`;
const SEEN = { type: 'inline', mediaType: 'image/png', data: PNG };
const LABEL = '[picture: image/png, 70 bytes]';

/** Says what it is told to, turn by turn. */
class LookingModel implements LanguageModel {
  readonly requests: ModelRequest[] = [];
  answers: string[] = [];

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    this.requests.push(request);
    yield { type: 'text', text: this.answers.shift() ?? 'A cat.' };
    yield { type: 'finish', finish: FINISH };
  }

  /** The user's messages of each call, with what they show. */
  get asked() {
    return this.requests.map(({ messages }) =>
      messages.filter(({ role }) => role === 'user').map(({ content, pictures = [] }) => [content, pictures]),
    );
  }
}

const model = new LookingModel();
let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(model);
  const agents = under.storage.agents;
  const prompts = { system: 'You look.', userTemplate: 'What is {photo} of {token_id}?' };
  const blind: LlmProvider = { type: 'openai', model: 'gpt-3.5-turbo', headers: {}, options: {} };
  const outputSchema = { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] };
  await agents.create('looker', anAgent({ prompts, outputSchema }), NOW);
  await agents.create('talker', anAgent({ prompts: { system: '', userTemplate: '{input_data}' } }), NOW);
  await agents.create('blind', anAgent({ prompts, llmProvider: blind }), NOW);
  const use = (agentId: string) => anAgentTransition({ agentId, inputMapping: { photo: 'data.photo' } });
  const transitions = [
    aTransition({ id: 'look', agentExecution: use('looker') }),
    aTransition({ id: 'grope', agentExecution: use('blind') }),
  ];
  await under.storage.workflows.save('gallery', aWorkflow({ transitions }), { hash: 'gallery', now: NOW });
});

beforeEach(() => {
  model.requests.length = 0;
  model.answers = [];
});

afterAll(async () => {
  await under.stop();
});

async function ended(executionId: string) {
  return await eventually(async () => {
    const execution = await under.storage.executions.get(executionId);
    if (execution === undefined || !isEnded(execution.status)) throw new Error('it has not ended yet');
    return execution;
  });
}

async function fireOn(id: string, data: JsonObject, transitionId: string) {
  const args = [{ workflowId: 'gallery', data }];
  const handle = await under.client.workflow.start(TOKEN_LIFECYCLE, {
    taskQueue: under.taskQueue,
    workflowId: id,
    args,
  });
  await handle.executeUpdate('fire', { args: [{ transitionId }] });
  return await ended(`${id}:${transitionId}:1`);
}

async function ask(executionId: string, input: JsonValue, conversationId: string) {
  const args = [{ executionId, agentId: 'talker', input, conversationId }];
  const options = { taskQueue: under.taskQueue, workflowId: executionId, args };
  await under.client.workflow.execute(AGENT_EXECUTION, options).catch(() => undefined);
  return await ended(executionId);
}

describe('a picture in a token', () => {
  it('goes to the model beside the text in every turn, and its bytes are in no message', async () => {
    model.answers = ['no JSON', '{"what":"a cat"}'];
    const { status, conversationId } = await fireOn('t-1', { photo: PNG_URL }, 'look');
    expect(status).toBe('COMPLETED');
    const question = [`What is ${LABEL} of t-1?`, [SEEN]];
    expect(model.asked).toEqual([[question], [question, [expect.any(String), []]]]);
    const conversation = await under.storage.conversations.get(conversationId);
    expect(JSON.stringify(conversation)).not.toContain(PNG.slice(0, 40));
    expect(conversation?.messages[1]?.pictures).toEqual([{ input: 'photo', shown: LABEL }]);
  });

  it('that is none, or goes to a model that takes none, fails before anything is sent, and the token stays', async () => {
    expect(await fireOn('t-2', { photo: PNG_URL }, 'grope')).toMatchObject({
      errorCode: 'invalid_request',
      errorMessage: expect.stringContaining('takes no pictures') as string,
    });
    const html = `data:image/png;base64,${btoa('<html></html>')}`;
    expect(await fireOn('t-3', { photo: html }, 'look')).toMatchObject({
      errorCode: 'invalid_request',
      errorMessage: expect.stringContaining('The input "photo" is no picture') as string,
    });
    expect(model.requests).toEqual([]);
    for (const id of ['t-2', 't-3']) {
      await eventually(async () => {
        expect(await under.storage.tokens.get(id)).toMatchObject({
          place: 'submitted',
          incident: { code: 'invalid_request' },
        });
      });
    }
  });
});

describe('pictures of a conversation', () => {
  it('are shown again in later executions: the newest, as many as the model takes', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}`, PNG_URL]));
    await ask('talk-1', many, 'talk');
    await ask('talk-2', many, 'talk');
    const { warnings } = await ask('talk-3', { photo: { image: PNG_URL } }, 'talk');
    expect(model.asked.at(-1)?.map(([, pictures]) => pictures?.length)).toEqual([0, 12, 1]);
    expect(warnings).toEqual([
      '12 earlier pictures of the conversation did not go to the model again: it takes fewer, or none.',
    ]);
  });
});
