import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { ApiClient } from '../../src/cli/api-client.js';
import { CircuitBreakerError } from '../../src/core/errors.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function served(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = { 'content-type': 'application/json' };
const answers = (body: string): RequestListener => {
  return (_request, response) => void response.writeHead(200, json).end(body);
};

/** What asking throws. */
async function refusal(url: string, limits: { readonly limitMs?: number } = {}): Promise<CircuitBreakerError> {
  const error: unknown = await new ApiClient(url, { token: 'cb_secret', ...limits }).query('{ a }', {}).then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CircuitBreakerError) return error;
  throw error;
}

describe('a server that is none of ours', () => {
  it.each([
    ['data that is a text', '{"data":"text"}'],
    ['data that is a list', '{"data":[1]}'],
    ['errors that are a text', '{"errors":"text"}'],
    ['an error that is nothing', '{"errors":[null]}'],
    ['an error without a message', '{"errors":[{}]}'],
    ['an error with a message that is none', '{"errors":[{"message":5}]}'],
    ['extensions that are none', '{"errors":[{"message":"a","extensions":5}]}'],
    ['problems that are none', '{"errors":[{"message":"a","extensions":{"problems":"text"}}]}'],
    ['a problem that is none', '{"errors":[{"message":"a","extensions":{"problems":[null]}}]}'],
  ])('is said to be none where it answers with %s', async (_what, body) => {
    const { code, message } = await refusal(await served(answers(body)));
    expect(code).toBe('UNAVAILABLE');
    expect(message).toMatch(/^What is at \S+ is no Circuit Breaker: /);
  });

  it('is said to give no data where there is none in its answer', async () => {
    expect(await refusal(await served(answers('{"data":{}}')))).toMatchObject({ code: 'INTERNAL' });
  });

  it('is said to break off where it does so in its answer', async () => {
    const half: RequestListener = (_request, response) => {
      response.writeHead(200, { ...json, 'content-length': '1000' });
      response.write('{"data":', () => response.destroy());
    };
    const { code, message } = await refusal(await served(half));
    expect(code).toBe('UNAVAILABLE');
    expect(message).toMatch(/^The server at \S+ broke off in the middle of its answer: /);
  });

  it.each<readonly [string, RequestListener]>([
    ['nothing', () => undefined],
    ['the beginning of an answer', (_request, response) => void response.writeHead(200, json).write('{')],
  ])('is given up where it gives no sign any more after %s', async (_what, silent) => {
    const { code, message } = await refusal(await served(silent), { limitMs: 200 });
    expect(code).toBe('UNAVAILABLE');
    expect(message).toMatch(/^The server at \S+ has given no sign for 0.2 s, and is not waited for any longer: /);
  });

  it('is told of and given up where it goes away for good while an execution is followed', async () => {
    const url = await served((_request, response) => response.destroy());
    const told: string[] = [];
    const api = new ApiClient(url, { limitMs: 100, tell: (line) => told.push(line) });
    const following = async () => {
      for await (const event of api.stream('an-execution')) expect(event).toBeUndefined();
    };
    await expect(following()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `The server at ${url} has been away for 0.1 s, and is not waited for any longer.`,
    });
    expect(told).toEqual([`The server at ${url} is away; what it shows goes on when it is back.`]);
  });

  it('is told of while it is waited for', async () => {
    let answer = (): void => undefined;
    const told: string[] = [];
    const url = await served((_request, response) => {
      answer = () => void response.writeHead(200, json).end('{"data":{"a":1}}');
    });
    const tell = (line: string): void => {
      told.push(line);
      answer();
    };
    await expect(new ApiClient(url, { tell }).query('{ a }', {})).resolves.toEqual({ a: 1 });
    expect(told).toEqual([`The server at ${url} has not answered yet; Ctrl-C ends the wait.`]);
  });

  it.each([
    ['{"data":{"tokens":null}}', 'tokens: Cannot return null for non-nullable field Query.tokens.'],
    ['{"data":{"tokens":{"nodes":5}}}', 'tokens: nodes: Expected Iterable, but did not find one'],
    ['{"data":{"tokens":{"nodes":[{"id":{}}]}}}', 'tokens: nodes: 0: id: ID cannot represent value: {}'],
    ['{"data":{"other":1}}', 'tokens: Cannot return null for non-nullable field Query.tokens.'],
  ])('is known by its answer %s, in which something is not as asked', async (body, misfit) => {
    const api = new ApiClient(await served(answers(body)));
    await api.query('query ($first: Int!) { tokens(first: $first) { nodes { id } } }', { first: 1 });
    const { code, message } = (await api.misfit()) ?? {};
    expect(code).toBe('UNAVAILABLE');
    expect(message).toContain(`${api.address} answered otherwise than a server of ours does: ${misfit}`);
  });

  it('is not blamed for an answer as ours are', async () => {
    const api = new ApiClient(await served(answers('{"data":{"mine":{"nodes":[{"id":"a"}]}}}')));
    await api.query('{ mine: tokens { nodes { id } } }', {});
    expect(await api.misfit()).toBeUndefined();
  });

  it('is not listened to for ever', async () => {
    const endless: RequestListener = (_request, response) => {
      const piece = Buffer.alloc(1024 * 1024, 0x20);
      const more = (): void => {
        if (response.destroyed) return;
        if (response.write(piece)) setImmediate(more);
        else response.once('drain', more);
      };
      response.writeHead(200, json);
      more();
    };
    expect((await refusal(await served(endless))).message).toMatch(/ answered with more than 64 MiB, /);
  });

  it.each([301, 302, 303, 307, 308])('is sent nothing elsewhere where it says so, with status %d', async (status) => {
    const asked: string[] = [];
    const elsewhere = await served((request, response) => {
      asked.push(request.headers.authorization ?? 'without a token');
      response.end('{"data":{"a":1}}');
    });
    const url = await served((_request, response) => {
      response.writeHead(status, { location: `${elsewhere}/graphql` }).end();
    });
    const { code, message } = await refusal(url);
    expect(code).toBe('UNAVAILABLE');
    expect(message).toContain(`sends on to ${elsewhere}/graphql, where nothing is sent: name the address`);
    expect(asked).toEqual([]);
  });
});
