import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';
import type { ModelRequest } from '../../src/core/turn.js';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { createDispatcher } from '../../src/providers/dispatcher.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { readCredentials } from '../../src/providers/read-credentials.js';
import {
  beginStream,
  event,
  finishEvent,
  startFaultServer,
  textEvent,
  type FaultServer,
} from '../support/fault-server.js';
import { aProvider, aRequest, collect, finishOf, textOf } from '../support/model-request.js';

type Answer = (response: ServerResponse) => void;

/** A whole head and the beginning of an answer, then what the test is about. */
function midway(then: Answer): Answer {
  return (response) => {
    beginStream(response);
    response.write(textEvent('The beginning'), () => {
      then(response);
    });
  };
}

function headersOnly(response: ServerResponse): void {
  beginStream(response);
  response.flushHeaders();
}

function answerJson(status: number, body: unknown): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

function pourEndlessLine(response: ServerResponse): void {
  beginStream(response);
  const part = 'x'.repeat(64 * 1024);
  const pour = (): void => {
    while (!response.destroyed && response.write(part));
    if (!response.destroyed) response.once('drain', pour);
  };
  response.write('data: ');
  pour();
}

const faults: readonly (readonly [string, Answer, string])[] = [
  ['the connection is reset before the answer', (response) => response.socket?.resetAndDestroy(), 'network'],
  ['the connection is closed before the answer', (response) => response.socket?.destroy(), 'network'],
  [
    'the connection breaks within the headers',
    (response) => response.socket?.end('HTTP/1.1 200 OK\r\nconte'),
    'network',
  ],
  ['the answer is not HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n'), 'network'],
  ['nothing is answered', () => undefined, 'timeout'],
  ['the headers come and no body', headersOnly, 'timeout'],
  [
    'the connection is reset in the answer',
    midway((response) => response.socket?.resetAndDestroy()),
    'incomplete_stream',
  ],
  ['the connection is closed in the answer', midway((response) => response.socket?.destroy()), 'incomplete_stream'],
  ['the answer ends without a finish', midway((response) => response.end()), 'incomplete_stream'],
  ['the answer ends within an event', midway((response) => response.end('data: {"choi')), 'incomplete_stream'],
  ['an event is no JSON', midway((response) => response.end(event('{nonsense}'))), 'incomplete_stream'],
  ['the answer stalls', midway(() => undefined), 'timeout'],
  ['a line has no end', pourEndlessLine, 'incomplete_stream'],
  [
    'an error comes within the stream',
    midway((response) => response.end(event({ error: { type: 'overloaded_error' } }))),
    'overloaded',
  ],
  ['an error comes with status 200', answerJson(200, { error: { code: 'insufficient_quota' } }), 'quota'],
  [
    'the answer comes in one piece',
    answerJson(200, { choices: [{ message: { content: 'All of it.' } }] }),
    'invalid_request',
  ],
  [
    'a web page comes',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    'invalid_request',
  ],
  ['a page without a type comes', (response) => response.writeHead(200).end('<html>'), 'incomplete_stream'],
  [
    'the body of an error is cut',
    (response) => response.writeHead(503, { 'content-length': 100 }).write('{"err', () => response.destroy()),
    'overloaded',
  ],
  ['there is no content', (response) => response.writeHead(204).end(), 'invalid_request'],
];

describe('Chat Completions and a server with faults', () => {
  let server: FaultServer;
  let dispatcher: Dispatcher;
  let model: LanguageModel;

  const modelThatWaits = (ms: number) => {
    const credentials = { accounts: {}, named: new Map() };
    return createLanguageModel({ credentials, dispatcher, waits: { firstByteMs: ms, idleMs: ms } });
  };
  const request = (fields: Partial<ModelRequest> = {}) =>
    aRequest({ provider: aProvider({ baseUrl: server.baseUrl }), ...fields });
  const answer = (handler: Answer) => {
    server.behave((_, response) => {
      handler(response);
    });
  };

  beforeEach(async () => {
    server = await startFaultServer();
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000 });
    model = modelThatWaits(700);
  });

  afterEach(async () => {
    await dispatcher.destroy();
    await server.stop();
  });

  it.each(faults)('when %s, the code tells it and the connection is closed', async (_, handler, code) => {
    answer(handler);
    await expect(collect(model, request())).rejects.toMatchObject({ name: 'ModelError', code });
    await dispatcher.close();
    await server.allClosed();
  });

  it('refused connections and unknown hosts are failures of the network', async () => {
    // A name that nobody has may take its time to be looked up.
    const patient = modelThatWaits(10_000);
    const calls = ['http://127.0.0.1:9/v1', 'http://no-such-host.invalid/v1'].map((baseUrl) =>
      collect(patient, aRequest({ provider: aProvider({ baseUrl }) })).catch((error: unknown) => error),
    );
    expect(await Promise.all(calls)).toMatchObject([{ code: 'network' }, { code: 'network' }]);
  });

  it('a call as a whole takes no longer than it may, however lively the stream is', async () => {
    answer((response) => {
      beginStream(response);
      const timer = setInterval(() => response.write(textEvent('more ')), 20);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    await expect(collect(model, request({ timeoutMs: 300 }))).rejects.toMatchObject({ code: 'timeout' });
    await server.allClosed();
  });

  it('a slow reader is not taken for a stalled provider', async () => {
    answer((response) => {
      beginStream(response);
      response.end(textEvent('one ') + textEvent('two') + finishEvent() + event('[DONE]'));
    });
    const texts: string[] = [];
    for await (const item of model.stream(request(), new AbortController().signal)) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      if (item.type === 'text') texts.push(item.text);
    }
    expect(texts).toEqual(['one ', 'two']);
  });

  it.each([
    ['a finish reason alone', finishEvent()],
    ['[DONE] alone', event('[DONE]')],
    ['[DONE] without the blank line behind it', 'data: [DONE]'],
  ])('an answer is whole with %s; usage that is missing is said to be', async (_, end) => {
    answer(midway((response) => response.end(end)));
    const events = await collect(model, request());
    expect(textOf(events)).toBe('The beginning');
    expect(finishOf(events)).toMatchObject({ stopReason: 'stop', providerRequestId: 'req-7' });
    expect(finishOf(events).warnings).toEqual([expect.stringContaining('usage')]);
  });

  it('an answer that was whole is not lost to what comes after its end', async () => {
    answer(midway((response) => response.write(finishEvent() + event('[DONE]'))));
    expect(textOf(await collect(model, request()))).toBe('The beginning');
    await server.allClosed();
  });

  it('calls one after the other share a connection', async () => {
    answer(midway((response) => response.end(finishEvent() + event('[DONE]'))));
    for (let calls = 0; calls < 8; calls += 1) await collect(model, request());
    // undici frees a connection a moment after its answer has ended, so two take turns.
    expect(server.opened).toBeLessThanOrEqual(2);
  });

  it('a redirect is not followed, and nothing is sent to where it leads', async () => {
    const other = await startFaultServer();
    answer((response) => response.writeHead(307, { location: `${other.baseUrl}/chat/completions` }).end());
    await expect(collect(model, request())).rejects.toMatchObject({ code: 'invalid_request' });
    expect(other.opened).toBe(0);
    await other.stop();
  });

  it('an unknown model is answered with the names that are most like it', async () => {
    server.behave((incoming, response) => {
      const listing = incoming.url === '/v1/models';
      const body = listing
        ? { data: [{ id: 'test-model-2' }, { id: 'zebra' }] }
        : { error: { code: 'model_not_found' } };
      answerJson(listing ? 200 : 404, body)(response);
    });
    const message = expect.stringContaining('Nearest: test-model-2.') as string;
    await expect(collect(model, request())).rejects.toMatchObject({ code: 'model_not_found', message });
  });

  it('a connection that breaks after the finish reason does not hide what the reason says', async () => {
    answer(midway((response) => response.write(finishEvent('content_filter'), () => response.destroy())));
    await expect(collect(model, request())).rejects.toMatchObject({ code: 'content_filter' });
  });

  it('a credential goes out as a bearer token, and a failure does not repeat it', async () => {
    const credentials = readCredentials({
      credentials: { CREDENTIAL_AI: 'secret-ai', CREDENTIAL_AI_HOSTS: new URL(server.baseUrl).host },
    });
    const provider = aProvider({ baseUrl: server.baseUrl, credential: 'CREDENTIAL_AI' });
    answer(answerJson(401, { error: { message: 'secret-ai is not a key' } }));
    const call = collect(createLanguageModel({ credentials, dispatcher }), aRequest({ provider }));
    await expect(call).rejects.toMatchObject({
      code: 'auth',
      message: expect.not.stringContaining('secret-ai') as string,
    });
    expect(server.headers[0]).toMatchObject({ authorization: 'Bearer secret-ai' });
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

  it('a refusal of the model is no answer', async () => {
    answer(
      midway((response) => response.end(event({ choices: [{ delta: { refusal: 'I cannot.' } }] }) + finishEvent())),
    );
    await expect(collect(model, request())).rejects.toMatchObject({ code: 'content_filter' });
  });
});
