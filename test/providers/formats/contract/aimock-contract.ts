import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FixtureFileEntry } from '@copilotkit/aimock';
import type { Dispatcher } from 'undici';
import type { LlmProvider } from '../../../../src/core/agents/agent.js';
import { RETRIED_BY_DEFAULT } from '../../../../src/core/codes.js';
import type { ModelError } from '../../../../src/core/executions/model-error.js';
import { createLanguageModel } from '../../../../src/providers/create-language-model.js';
import { createDispatcher } from '../../../../src/providers/connection/dispatcher.js';
import type { LanguageModel } from '../../../../src/providers/language-model.js';
import { readCredentials } from '../../../../src/providers/keys/read-credentials.js';
import { schemasInThisThread } from '../../../support/schemas.js';
import { startAimock, type AimockProcess } from '../../../support/aimock-process.js';
import { eventually } from '../../../support/eventually.js';
import { aRequest, collect, finishOf, textOf } from '../../../support/model-request.js';
import type { WireUnderTest } from './wire-under-test.js';
import { THIS_MACHINE } from '../../../support/this-machine.js';

const SCHEMA = {
  type: 'object',
  properties: { decision: { enum: ['APPROVE', 'REJECT'] }, reason: { type: 'string' } },
  required: ['decision', 'reason'],
  additionalProperties: false,
};
const LONG_CHUNKS = 20_000;
/** Of one pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const failing = (userMessage: string, status: number, type: string, message: string, more: object = {}) => ({
  match: { userMessage },
  response: { error: { message, type }, status, ...more },
});

const FIXTURES = [
  { match: { userMessage: 'short' }, response: { content: 'A short answer.' } },
  { match: { userMessage: 'json' }, response: { content: '{"decision":"APPROVE","reason":"fine"}' } },
  { match: { userMessage: 'tool' }, response: { toolCalls: [{ name: 'search', arguments: '{"q":"x"}', id: 'c1' }] } },
  { match: { userMessage: 'long' }, response: { content: 'wörd '.repeat(LONG_CHUNKS) }, latency: 0 },
  { match: { userMessage: 'slow' }, response: { content: 'word '.repeat(500) }, latency: 20 },
  { match: { userMessage: 'cut' }, response: { content: 'word '.repeat(50) }, latency: 20, truncateAfterChunks: 6 },
  { match: { userMessage: 'hang up' }, response: { content: 'word '.repeat(50) }, latency: 20, disconnectAfterMs: 90 },
  failing('busy', 429, 'rate_limit_error', 'slow down', { retryAfter: 7 }),
  failing('overload', 529, 'overloaded_error', 'busy'),
  failing('broken', 500, 'api_error', 'oops'),
  failing('key', 401, 'authentication_error', 'invalid api key'),
  failing('huge', 400, 'invalid_request_error', "This model's maximum context length is 8192 tokens"),
  failing('model', 404, 'not_found_error', 'model test-model was not found'),
] as unknown as readonly FixtureFileEntry[];

/** What an independent server of the API, in a process of its own, makes of our calls, and we of its answers. */
export function aimockContract(wire: WireUnderTest): void {
  describe(`${wire.name} against an independent server`, () => {
    let aimock: AimockProcess;
    let root: string;
    let dispatcher: Dispatcher;
    let model: LanguageModel;

    const asking = (content: string, provider: Partial<LlmProvider> = {}) =>
      aRequest({
        provider: wire.provider(root, provider),
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content },
        ],
      });

    beforeAll(async () => {
      aimock = await startAimock({ chunkSize: 5 });
      root = aimock.baseUrl.replace(/\/v1$/, '');
      dispatcher = createDispatcher({ connectionTimeoutMs: 5_000, privateHosts: THIS_MACHINE });
      await aimock.addFixtures(FIXTURES);
    });

    // One that was told to wait would not call again.
    beforeEach(() => {
      const { host } = new URL(root);
      const credentials = readCredentials({ credentials: { CREDENTIAL_AI: 'secret-ai', CREDENTIAL_AI_HOSTS: host } });
      model = createLanguageModel({ credentials, dispatcher, schemas: schemasInThisThread });
    });

    afterAll(async () => {
      await dispatcher.destroy();
      await aimock.stop();
    });

    it('streams the answer in pieces and ends in one finish with a request id', async () => {
      const events = await collect(model, asking('short'));
      expect(textOf(events)).toBe('A short answer.');
      expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(1);
      expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
      expect(finishOf(events)).toMatchObject({ stopReason: 'stop', toolCalls: [] });
      expect(finishOf(events).providerRequestId).toMatch(/./);
    });

    it('sends the system prompt and what the user says', async () => {
      await collect(model, asking('short'));
      const sent = JSON.stringify((await aimock.requests()).at(-1)?.body);
      expect(sent).toContain('Be brief.');
      expect(sent).toContain('short');
    });

    it('sends a picture beside the text, in its own way, and none to a model that takes none', async () => {
      const pictures = [{ type: 'inline', mediaType: 'image/png', data: PNG }] as const;
      const asked = asking('short');
      const looking = asked.messages.map((one) => (one.role === 'user' ? { ...one, pictures } : one));
      const before = (await aimock.bodies()).length;
      expect(textOf(await collect(model, { ...asked, messages: looking }))).toBe('A short answer.');
      expect((await aimock.bodies()).at(-1)).toMatchObject(wire.pictured(PNG, 'short'));
      const svg = looking.map((one) => ({ ...one, pictures: [{ ...pictures[0], mediaType: 'image/svg+xml' }] }));
      await expect(collect(model, { ...asked, messages: svg })).rejects.toMatchObject({ code: 'invalid_request' });
      expect(await aimock.bodies()).toHaveLength(before + 1);
    });

    it('receives a structured answer', async () => {
      const events = await collect(model, { ...asking('json'), outputSchema: SCHEMA });
      expect(JSON.parse(textOf(events))).toEqual({ decision: 'APPROVE', reason: 'fine' });
    });

    it('gathers tool calls, and sends the call and its result back in the next turn', async () => {
      const tools = [{ name: 'search', description: 'Searches.', parameters: { type: 'object', properties: {} } }];
      const asked = { ...asking('tool'), tools };
      const { stopReason, toolCalls } = finishOf(await collect(model, asked));
      expect(stopReason).toBe('tool_calls');
      expect(toolCalls).toMatchObject([{ name: 'search', arguments: { q: 'x' } }]);
      const calls = toolCalls.map((call) => ({ ...call }));
      const id = toolCalls[0]?.id ?? '';
      const messages = [
        ...asked.messages,
        { role: 'assistant' as const, content: '', toolCalls: calls },
        { role: 'tool' as const, content: 'found nothing', toolCallId: id },
        { role: 'user' as const, content: 'short' },
      ];
      expect(textOf(await collect(model, { ...asked, messages }))).toBe('A short answer.');
      expect(JSON.stringify((await aimock.requests()).at(-1)?.body)).toContain('found nothing');
    });

    it(`receives ${LONG_CHUNKS} chunks, byte for byte`, async () => {
      const events = await collect(model, { ...asking('long'), timeoutMs: 50_000 });
      expect(textOf(events)).toBe('wörd '.repeat(LONG_CHUNKS));
      expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(LONG_CHUNKS / 4);
    });

    it('passes a slow answer on as it is produced', async () => {
      const controller = new AbortController();
      const startedAt = performance.now();
      for await (const event of model.stream(asking('slow'), controller.signal)) {
        if (event.type === 'text') break;
      }
      // The whole takes ten seconds.
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    });

    it('sends a bound credential', async () => {
      await collect(model, asking('short', { credential: 'CREDENTIAL_AI', headers: { 'X-Team': 'documents' } }));
      const sent = (await aimock.requests()).at(-1)?.headers ?? {};
      expect(Object.keys(sent)).toContain(wire.keyHeader('')[0]);
      expect(sent['x-team']).toBe('documents');
    });

    it('ends at a stop sequence, whether the server knows of it or not', async () => {
      const events = await collect(model, { ...asking('short'), llmConfig: { stopSequences: ['answer'] } });
      expect(textOf(events)).toBe('A short ');
      expect(finishOf(events).stopReason).toBe('stop');
    });

    it.each([
      ['cut', 'incomplete_stream', true],
      ['hang up', 'incomplete_stream', true],
      ['busy', 'rate_limit', true],
      ['overload', 'overloaded', true],
      ['broken', 'server', true],
      ['key', 'auth', false],
      ['huge', 'context_length', false],
      ['model', 'model_not_found', false],
      ['nothing that it knows', 'invalid_request', false],
    ])('classifies what the server does to "%s" as %s', async (content, code, isRetried) => {
      const error = (await collect(model, asking(content)).catch((caught: unknown) => caught)) as ModelError;
      expect(error.code).toBe(code);
      expect(RETRIED_BY_DEFAULT.includes(error.code)).toBe(isRetried);
      if (code === 'rate_limit') expect(error.facts.retryAfterMs).toBe(7_000);
    });

    it('closes the connection within two seconds when the caller aborts, and throws its reason', async () => {
      const before = (await aimock.cancelled()).length;
      const controller = new AbortController();
      const reason = new Error('cancelled by the test');
      const call = async () => {
        for await (const event of model.stream(asking('slow'), controller.signal)) {
          if (event.type === 'text') controller.abort(reason);
        }
      };
      await expect(call()).rejects.toBe(reason);
      await eventually(async () => {
        expect(await aimock.cancelled()).toHaveLength(before + 1);
      });
    });

    it('closes the connection when the caller stops listening', async () => {
      const before = (await aimock.cancelled()).length;
      for await (const event of model.stream(asking('slow'), new AbortController().signal)) {
        if (event.type === 'text') break;
      }
      await eventually(async () => {
        expect(await aimock.cancelled()).toHaveLength(before + 1);
      });
    });
  });
}
