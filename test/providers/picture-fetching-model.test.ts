import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { LlmProvider } from '../../src/core/agents/agent.js';
import { parseHostRule } from '../../src/core/web-hosts.js';
import { openWebAccess, type OpenWebAccess } from '../../src/http/open-web-access.js';
import { PictureFetchingModel } from '../../src/providers/picture-fetching-model.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';
import { aProvider, aRequest, collect } from '../support/model-request.js';
import { FINISH, ScriptedModel } from '../support/scripted-model.js';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

let server: FaultServer;
let web: OpenWebAccess;
let inner: ScriptedModel;
let model: PictureFetchingModel;

beforeAll(async () => {
  server = await startFaultServer();
  const hosts = [parseHostRule(new URL(server.root).host) ?? []].flat();
  web = openWebAccess({ hosts, privateHosts: hosts });
});
afterAll(async () => {
  await web.close();
  await server.stop();
});
beforeEach(() => {
  inner = new ScriptedModel(['Seen.', FINISH]);
  model = new PictureFetchingModel(inner, web);
});

const looking = (url: string, provider: Partial<LlmProvider> = {}, count = 1) =>
  aRequest({
    provider: aProvider({ type: 'google', model: 'gemini-2.5-flash', ...provider }),
    messages: [
      {
        role: 'user',
        content: 'Look.',
        pictures: Array.from({ length: count }, () => ({ type: 'linked' as const, url })),
      },
    ],
  });
const seen = () => inner.requests.at(-1)?.messages[0]?.pictures;

describe('a picture at an address', () => {
  it('is fetched by the worker where its provider takes no address, whatever the server calls it', async () => {
    server.behave(
      (_, response) => void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(PNG),
    );
    await collect(model, looking(`${server.root}/7`));
    expect(seen()).toEqual([{ type: 'inline', mediaType: 'image/png', data: PNG.toString('base64') }]);
  });

  it('is fetched once for an execution, whose turns all see the same, and again for another', async () => {
    let fetches = 0;
    server.behave((_, response) => {
      fetches += 1;
      response.writeHead(200).end(Buffer.concat([PNG, Buffer.from([fetches])]));
    });
    const look = (fetchingFor: string) => collect(model, { ...looking(`${server.root}/7`, {}, 2), fetchingFor });
    await look('e-1');
    await look('e-1');
    expect(fetches).toBe(1);
    await look('e-2');
    expect(fetches).toBe(2);
  });

  it('goes as it is to a provider that fetches it, over TLS only', async () => {
    const openai = { type: 'openai', model: 'gpt-4o' } as const;
    await collect(model, looking('https://shop.example/7.png', openai));
    expect(seen()).toEqual([{ type: 'linked', url: 'https://shop.example/7.png' }]);
    await collect(model, looking(`${server.root}/7`, openai));
    expect(seen()).toMatchObject([{ type: 'inline' }]);
  });

  it.each<[string, number, Record<string, string>, string | Buffer, string, RegExp]>([
    [
      'a web page',
      200,
      { 'content-type': 'text/html' },
      '<html>',
      'invalid_request',
      /is no picture; it calls it text\/html/,
    ],
    ['nothing', 404, {}, '', 'invalid_request', /answered 404/],
    ['a fault', 503, {}, '', 'server', /answered 503/],
    ['an address elsewhere', 302, { location: 'http://127.0.0.1:1/' }, '', 'host_forbidden', /sends on to a host/],
    [
      'too much',
      200,
      {},
      Buffer.concat([PNG, Buffer.alloc(6_000_000)]),
      'invalid_request',
      /more than the 5242880 bytes/,
    ],
  ])('is a failure with a code where there is %s', async (_what, status, headers, body, code, message) => {
    server.behave((_, response) => void response.writeHead(status, headers).end(body));
    const failing = collect(model, looking(`${server.root}/7`));
    await expect(failing).rejects.toMatchObject({
      ...{ code, facts: { isUnasked: true } },
      message: expect.stringMatching(message) as string,
    });
    expect(inner.requests).toEqual([]);
  });

  it('is fetched from hosts that are allowed, and no other', async () => {
    await expect(collect(model, looking('http://127.0.0.1:1/7'))).rejects.toMatchObject({
      code: 'host_forbidden',
      message: expect.stringContaining('TOOL_HTTP_HOSTS') as string,
    });
  });

  it.each(['https://169.254.169.254/7', 'https://[::ffff:10.0.0.1]/7', 'https://2130706433/7', 'https://localhost/7'])(
    'at the inner address %s goes to no provider',
    async (url) => {
      const failing = collect(model, looking(url, { type: 'openai', model: 'gpt-4o' }));
      await expect(failing).rejects.toMatchObject({ code: 'host_forbidden' });
      expect(inner.requests).toEqual([]);
    },
  );

  it('counts against what all may have together', async () => {
    const large = Buffer.concat([PNG, Buffer.alloc(3_000_000)]);
    server.behave((_, response) => void response.end(large));
    await expect(collect(model, looking(`${server.root}/7`, {}, 3))).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('that are left for it') as string,
    });
  });

  it('is waited for as long as the call lives', async () => {
    server.behave(() => undefined);
    const ending = new AbortController();
    const failing = collect(model, looking(`${server.root}/7`), ending.signal);
    ending.abort(new Error('cancelled'));
    await expect(failing).rejects.toThrow('cancelled');
  });
});
