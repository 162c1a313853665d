import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';

import type { LlmProvider } from '../../../../src/core/agents/agent.js';
import type { JsonObject } from '../../../../src/core/json/json.js';
import { isJsonObject } from '../../../../src/core/json/json.js';
import { objectAt } from '../../../../src/core/json/json-fields.js';
import type { Token } from '../../../../src/core/tokens/token.js';
import { atOnce } from '../../../../src/core/steps.js';
import { parseAgentInput } from '../../../../src/core/validation/agent-schema.js';
import { workflowInputSteps } from '../../../../src/core/validation/definition-schema.js';
import { createDispatcher } from '../../../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../../../src/providers/create-language-model.js';
import { NOW } from '../../../support/builders.js';
import { eventually } from '../../../support/eventually.js';
import { startFaultServer, type FaultServer } from '../../../support/fault-server.js';
import { anthropicRule, geminiRule, ollamaRule, openAiRule, type SchemaRule } from '../../../support/provider-rules.js';
import { schemasInThisThread } from '../../../support/schemas.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../../../support/worker-under-test.js';
import { CHAT, GENERATE, MESSAGES, OLLAMA, RESPONSES, type WireUnderTest } from '../contract/wire-under-test.js';
import { THIS_MACHINE } from '../../../support/this-machine.js';

/** A server that refuses what the real one refuses, in its words. */
interface RealServer {
  readonly name: string;
  readonly wire: WireUnderTest;
  readonly provider: Partial<LlmProvider>;
  /** Status and body of its refusal; `undefined` for a request that it takes. */
  readonly refuses: (body: JsonObject) => readonly [number, unknown] | undefined;
}

function schemaIn(body: JsonObject, path: readonly string[]): { schema?: JsonObject; strict: boolean } {
  const parent = path.slice(0, -1).reduce<JsonObject>((at, step) => objectAt(at, step), body);
  const schema = parent[path.at(-1) ?? ''];
  return { strict: parent['strict'] === true, ...(isJsonObject(schema) ? { schema } : {}) };
}

/** Refuses schemas by the rule, and says so as `say` does. */
function bySchema(wire: WireUnderTest, rule: SchemaRule, say: (message: string) => readonly [number, unknown]) {
  return (body: JsonObject) => {
    const { schema, strict } = schemaIn(body, wire.schemaPath);
    const fault = schema === undefined ? undefined : rule(schema, strict);
    return fault === undefined ? undefined : say(fault);
  };
}

const invalid = (message: string, param: string | null = null) =>
  [400, { error: { message, type: 'invalid_request_error', param, code: null } }] as const;

const SERVERS: readonly RealServer[] = [
  {
    name: 'OpenAI',
    wire: CHAT,
    provider: { type: 'openai', model: 'gpt-4o-mini', options: { api: 'chat_completions' } },
    refuses: bySchema(CHAT, openAiRule, (message) => invalid(message, 'response_format')),
  },
  {
    name: 'OpenAI (Responses)',
    wire: RESPONSES,
    provider: { model: 'gpt-4o-mini' },
    refuses: bySchema(RESPONSES, openAiRule, (message) => invalid(message, 'text.format.schema')),
  },
  {
    name: 'Anthropic',
    wire: MESSAGES,
    provider: { model: 'claude-haiku-4-5' },
    refuses: bySchema(MESSAGES, anthropicRule, (fault) => {
      const message = `output_config.format.schema: ${fault}`;
      return [400, { type: 'error', error: { type: 'invalid_request_error', message } }];
    }),
  },
  {
    name: 'Google',
    wire: GENERATE,
    provider: { model: 'gemini-2.5-flash' },
    refuses: bySchema(GENERATE, geminiRule, (message) => [
      400,
      { error: { code: 400, status: 'INVALID_ARGUMENT', message } },
    ]),
  },
  {
    name: 'Ollama',
    wire: OLLAMA,
    provider: { model: 'llama3.2' },
    refuses: bySchema(OLLAMA, ollamaRule, (error) => [500, { error }]),
  },
  {
    name: 'a server like DeepSeek’s',
    wire: CHAT,
    provider: { model: 'deepseek-chat' },
    refuses: (body) => {
      const { type } = objectAt(body, 'response_format');
      if (type === 'json_schema') return invalid('This response_format type is unavailable now');
      if (type !== 'json_object' || /json/i.test(JSON.stringify(body['messages']))) return undefined;
      return invalid(
        "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
      );
    },
  },
  {
    name: 'a server like Mistral’s',
    wire: CHAT,
    provider: { model: 'mistral-small-latest' },
    refuses: (body) => {
      const known = 'model messages stream temperature top_p max_tokens stop response_format tools'.split(' ');
      const extra = Object.keys(body).filter((name) => !known.includes(name));
      const detail = extra.map((name) => ({
        type: 'extra_forbidden',
        loc: ['body', name],
        msg: 'Extra inputs are not permitted',
      }));
      return extra.length === 0 ? undefined : [422, { detail }];
    },
  },
];

const example = async (name: string) =>
  JSON.parse(await readFile(`examples/document-review/${name}`, 'utf8')) as JsonObject;

describe('the document review of the examples, with its schema or a derived one', () => {
  let server: FaultServer;
  let dispatcher: Dispatcher;
  let under: WorkerUnderTest;

  beforeAll(async () => {
    server = await startFaultServer();
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
    const credentials = { accounts: {}, named: new Map(), secrets: [] };
    under = await startWorkerUnderTest(createLanguageModel({ credentials, dispatcher, schemas: schemasInThisThread }));
  });

  afterAll(async () => {
    await under.stop();
    await dispatcher.destroy();
    await server.stop();
  });

  /** Runs the example as it is, but for the provider of its agent, under ids of its own. */
  async function review(
    id: string,
    { wire, provider, refuses }: RealServer,
    { answers, agent: more = {} }: { readonly answers: readonly string[]; readonly agent?: object },
  ): Promise<Token> {
    const left = [...answers];
    server.behave((_, response, body) => {
      const refusal = refuses(body as JsonObject);
      response.writeHead(refusal?.[0] ?? 200, {
        'content-type': refusal === undefined ? wire.contentType : 'application/json',
      });
      const text = (left.length > 1 ? left.shift() : left[0]) ?? '';
      response.end(refusal === undefined ? wire.text(text) + wire.finish('stop') : JSON.stringify(refusal[1]));
    });
    const [agent, workflow] = await Promise.all([example('agent.json'), example('workflow.json')]);
    const parsed = parseAgentInput({ ...agent, ...more, llmProvider: wire.provider(server.root, provider) });
    const definition = atOnce(workflowInputSteps({ ...workflow, id }));
    if (!('value' in parsed && 'value' in definition)) throw new Error('the example is not valid');
    await under.storage.agents.create(`${id}-agent`, parsed.value.content, NOW);
    const { content } = definition.value;
    const transitions = content.transitions.map((transition) =>
      transition.agentExecution === undefined
        ? transition
        : { ...transition, agentExecution: { ...transition.agentExecution, agentId: `${id}-agent` } },
    );
    await under.storage.workflows.save(id, { ...content, transitions }, { hash: id, now: NOW });
    const start = {
      workflowId: id,
      data: { content: 'Stop your medicine.' },
      metadata: { type: 'memo', priority: 'high' },
    };
    const { taskQueue } = under;
    const handle = await under.client.workflow.start('tokenLifecycle', { taskQueue, workflowId: id, args: [start] });
    await handle.executeUpdate('fire', { args: [{ transitionId: 'ai_review' }] });
    return await eventually(async () => {
      const token = await under.storage.tokens.get(id);
      if (token === undefined || token.pending !== undefined || token.version < 3)
        throw new Error('still under review');
      return token;
    });
  }

  const says = (assessment: string) => JSON.stringify({ assessment, confidence_score: 9 });

  it.each(SERVERS.map((real) => [real.name, real] as const))('runs on %s', async (name, real) => {
    const id = `on-${name.replaceAll(/[^A-Za-z]+/g, '')}`;
    const token = await review(id, real, { answers: [says('NEEDS_REVISION')] });
    expect(token).toMatchObject({ place: 'revision', data: { review_result: 'NEEDS_REVISION', review_score: 9 } });
    const derived = { answers: [says('APPROVE')], agent: { outputSchema: null } };
    expect(await review(`${id}-derived`, real, derived)).toMatchObject({ place: 'published' });
  });

  const [openAi] = SERVERS;
  if (openAi === undefined) throw new Error('no server');

  it.each([
    ['APPROVE', 'published'],
    ['REJECT', 'rejected'],
  ])('takes a document that is told %s to %s', async (assessment, place) => {
    expect(await review(`told-${assessment}`, openAi, { answers: [says(assessment)] })).toMatchObject({
      place,
      status: 'COMPLETED',
    });
  });

  describe.each([
    'NOT APPROVED - REJECT: it tells readers to stop their medicine',
    'not approved',
    'DISAPPROVE',
    'CANNOT APPROVE',
    'approve',
    'Approved after changes',
    'Nicht freigegeben',
    'ABGELEHNT',
    '不批准',
    'APPROVE or REJECT',
  ])('publishes nothing that is told "%s":', (assessment) => {
    const id = Buffer.from(assessment).toString('hex').slice(0, 60);

    it('the agent has three words, and the review has failed where another one is said twice', async () => {
      const token = await review(`by-schema-${id}`, openAi, { answers: [says(assessment)] });
      expect(token).toMatchObject({ place: 'submitted', incident: { code: 'output_invalid' } });
    });

    it('nor is anything published by an agent without a schema: a person has to look', async () => {
      const own = { agent: { outputSchema: null }, answers: [says(assessment)] };
      expect(await review(`by-rules-${id}`, openAi, own)).toMatchObject({ place: 'revision', status: 'ACTIVE' });
    });
  });

  it('is asked once more for one of its words, and takes that', async () => {
    const token = await review('second-thought', openAi, { answers: [says('not approved'), says('REJECT')] });
    expect(token).toMatchObject({ place: 'rejected', data: { review_result: 'REJECT' } });
  });
});
