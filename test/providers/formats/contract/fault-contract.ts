import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';
import type { LlmProvider } from '../../../../src/core/agents/agent.js';
import type { ModelRequest } from '../../../../src/core/executions/turn.js';
import { createLanguageModel } from '../../../../src/providers/create-language-model.js';
import { createDispatcher } from '../../../../src/providers/connection/dispatcher.js';
import type { LanguageModel } from '../../../../src/providers/language-model.js';
import { readCredentials } from '../../../../src/providers/keys/read-credentials.js';
import { beginStream, startFaultServer, type FaultServer } from '../../../support/fault-server.js';
import { schemasInThisThread } from '../../../support/schemas.js';
import { aRequest, collect, finishOf, textOf } from '../../../support/model-request.js';
import { answerJson, faultsOf, midway, type Answer } from './faults.js';
import type { WireUnderTest } from './wire-under-test.js';
import { THIS_MACHINE } from '../../../support/this-machine.js';

const SHORT_WAIT_MS = 700;
const SCHEMA = {
  type: 'object',
  properties: { grade: { type: 'number' } },
  required: ['grade'],
  additionalProperties: false,
};

/** What a provider may do to a call, whatever its API, and how the call must end. */
export function faultContract(wire: WireUnderTest): void {
  describe(`${wire.name} and a server with faults`, () => {
    let server: FaultServer;
    let dispatcher: Dispatcher;
    let model: LanguageModel;

    const modelThatWaits = (ms: number) => {
      const credentials = { accounts: {}, named: new Map(), secrets: [] };
      return createLanguageModel({
        credentials,
        dispatcher,
        schemas: schemasInThisThread,
        waits: { firstByteMs: ms, idleMs: ms },
      });
    };
    const request = (fields: Partial<ModelRequest> = {}, provider: Partial<LlmProvider> = {}) =>
      aRequest({ provider: wire.provider(server.root, provider), ...fields });
    const answer = (handler: Answer) => {
      server.behave((_, response) => {
        handler(response);
      });
    };
    const whole = (...frames: readonly string[]): Answer => {
      return (response) => {
        beginStream(response, wire.contentType);
        response.end(frames.join(''));
      };
    };

    beforeEach(async () => {
      server = await startFaultServer();
      dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
      model = modelThatWaits(SHORT_WAIT_MS);
    });

    afterEach(async () => {
      await dispatcher.destroy();
      await server.stop();
    });

    it.each(faultsOf(wire))(
      'when %s, the code tells it and the connection is closed',
      { tags: 'provider-fails' },
      async (_, handler, code) => {
        answer(handler);
        // Only who waits for nothing waits briefly: a busy machine takes its time for 50 MB.
        const caller = code === 'timeout' ? model : modelThatWaits(20_000);
        await expect(collect(caller, request())).rejects.toMatchObject({ name: 'ModelError', code });
        await dispatcher.close();
        await server.allClosed();
      },
    );

    it('refused connections and unknown hosts are failures of the network', async () => {
      // A name that nobody has may take its time to be looked up.
      const patient = modelThatWaits(10_000);
      const calls = ['http://127.0.0.1:9', 'http://no-such-host.invalid'].map((root) =>
        collect(patient, aRequest({ provider: wire.provider(root) })).catch((error: unknown) => error),
      );
      expect(await Promise.all(calls)).toMatchObject([{ code: 'network' }, { code: 'network' }]);
    });

    it('a call as a whole takes no longer than it may, however lively the stream is', async () => {
      answer((response) => {
        beginStream(response, wire.contentType);
        const timer = setInterval(() => response.write(wire.text('more ')), 20);
        response.on('close', () => {
          clearInterval(timer);
        });
      });
      await expect(collect(model, request({ timeoutMs: 300 }))).rejects.toMatchObject({ code: 'timeout' });
      await server.allClosed();
    });

    it('a slow reader is not taken for a stalled provider', async () => {
      answer(whole(wire.text('one '), wire.text('two'), wire.finish('stop')));
      const texts: string[] = [];
      for await (const item of model.stream(request(), new AbortController().signal)) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        if (item.type === 'text') texts.push(item.text);
      }
      expect(texts).toEqual(['one ', 'two']);
    });

    it('text, reasoning, usage and request id arrive as they were sent', async () => {
      answer(whole(wire.reasoning('Let me '), wire.reasoning('see.'), wire.text('Yes'), wire.finish('stop')));
      const events = await collect(model, request());
      expect(events.map((event) => (event.type === 'reasoning' ? event.text : '')).join('')).toBe('Let me see.');
      expect(textOf(events)).toBe('Yes');
      const { usage, ...finish } = finishOf(events);
      expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 3, totalTokens: 10 });
      expect(finish).toMatchObject({ stopReason: 'stop', providerRequestId: 'req-7' });
    });

    it('the schema of the answer is asked for in the way of the API, or in the prompt where that is wanted', async () => {
      answer(whole(wire.text('{}'), wire.finish('stop')));
      await collect(model, request({ outputSchema: SCHEMA }));
      expect(at(server.bodies.at(-1), wire.schemaPath)).toMatchObject(SCHEMA);
      await collect(model, request({ outputSchema: SCHEMA }, { options: { structuredOutput: 'prompt' } }));
      expect(at(server.bodies.at(-1), wire.schemaPath)).toBeUndefined();
      expect(JSON.stringify(server.bodies.at(-1))).toContain('JSON Schema');
    });

    it('extra fields of the agent are part of the request', async () => {
      answer(whole(wire.text('Yes'), wire.finish('stop')));
      await collect(model, request({}, { options: { extraBody: { seed_of_test: 7 } } }));
      expect(server.bodies.at(-1)).toMatchObject({ seed_of_test: 7 });
    });

    it('frames are put together again, however they are cut', async () => {
      const bytes = Buffer.from(wire.text('Größe: 😀 ok') + wire.finish('stop'));
      answer((response) => {
        beginStream(response, wire.contentType);
        const parts = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, part) =>
          bytes.subarray(part * 7, part * 7 + 7),
        );
        const next = (): void => {
          const part = parts.shift();
          if (part === undefined) response.end();
          else response.write(part, () => setImmediate(next));
        };
        next();
      });
      expect(textOf(await collect(model, request()))).toBe('Größe: 😀 ok');
    });

    it('an answer that is cut off at its limit says so; one without a word is no answer', async () => {
      answer(whole(wire.text('half'), wire.finish('length')));
      const finish = finishOf(await collect(model, request()));
      expect(finish.stopReason).toBe('length');
      expect(finish.warnings.at(-1)).toMatch(/cut off/);
      answer(whole(wire.finish('length')));
      await expect(collect(model, request())).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('what comes after the end is not waited for, and cannot spoil the answer', async () => {
      answer(midway(wire, (response) => response.write(wire.finish('stop'))));
      expect(textOf(await collect(model, request()))).toBe('The beginning');
      await server.allClosed();
    });

    it('calls one after the other share a connection', async () => {
      answer(midway(wire, (response) => response.end(wire.finish('stop'))));
      for (let calls = 0; calls < 8; calls += 1) await collect(model, request());
      // undici frees a connection a moment after its answer has ended, so two take turns.
      expect(server.opened).toBeLessThanOrEqual(2);
    });

    it('a redirect is not followed, and nothing is sent to where it leads', async () => {
      const other = await startFaultServer();
      answer((response) => response.writeHead(307, { location: `${other.root}/v1` }).end());
      await expect(collect(model, request())).rejects.toMatchObject({ code: 'invalid_request' });
      expect(other.opened).toBe(0);
      await other.stop();
    });

    it('an unknown model is answered with the names that are most like it', async () => {
      server.behave((incoming, response) => {
        const listing = incoming.method === 'GET';
        const body = listing
          ? wire.modelList(['test-model-2', 'zebra'])
          : { error: { code: 'model_not_found', message: 'model test-model not found' } };
        answerJson(listing ? 200 : 404, body)(response);
      });
      const message = expect.stringContaining('Nearest: test-model-2.') as string;
      await expect(collect(model, request())).rejects.toMatchObject({ code: 'model_not_found', message });
    });

    it.each([
      ['3', 3_000],
      [() => new Date(Date.now() + 20_000).toUTCString(), 20_000],
    ])('a rate limit is passed on with the time to wait, in seconds and as a date (%#)', async (header, waitMs) => {
      const value = typeof header === 'string' ? header : header();
      answer((response) => {
        response.writeHead(429, { 'content-type': 'application/json', 'retry-after': value });
        response.end('{"error":{"message":"slow down"}}');
      });
      const error: unknown = await collect(model, request()).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'rate_limit' });
      const { retryAfterMs } = (error as { facts: { retryAfterMs: number } }).facts;
      expect(retryAfterMs).toBeGreaterThan(waitMs - 2_000);
      expect(retryAfterMs).toBeLessThanOrEqual(waitMs);
    });

    it('a credential goes out in the way of the API, and a failure does not repeat it', async () => {
      const hosts = new URL(server.root).host;
      const credentials = readCredentials({
        credentials: { CREDENTIAL_AI: 'secret-ai', CREDENTIAL_AI_HOSTS: hosts },
      });
      answer(answerJson(401, { error: { message: 'secret-ai is not a key' } }));
      const keyed = createLanguageModel({ credentials, dispatcher, schemas: schemasInThisThread });
      await expect(collect(keyed, request({}, { credential: 'CREDENTIAL_AI' }))).rejects.toMatchObject({
        code: 'auth',
        message: expect.not.stringContaining('secret-ai') as string,
      });
      const [name, value] = wire.keyHeader('secret-ai');
      expect(server.headers[0]?.[name]).toBe(value);
    });

    it('nothing of the environment goes out, and no key where none is bound', async () => {
      answer(whole(wire.text('Yes'), wire.finish('stop')));
      await collect(model, request());
      const sent = Object.keys(server.headers[0] ?? {});
      expect(sent).not.toContain(wire.keyHeader('')[0]);
      expect(sent.filter((name) => /stainless|openai|x-goog-api-client|anthropic-(?!version)/.test(name))).toEqual([]);
    });

    it('an abort before the call sends nothing', async () => {
      const reason = new Error('cancelled before');
      await expect(collect(model, request(), AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(server.opened).toBe(0);
    });

    it('an abort while the provider is silent throws the reason and closes the connection', async () => {
      const reason = new Error('cancelled by the test');
      const controller = new AbortController();
      answer(() => {
        controller.abort(reason);
      });
      await expect(collect(model, request(), controller.signal)).rejects.toBe(reason);
      await server.allClosed();
    });
  });
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}
