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
async function refusal(url: string): Promise<CircuitBreakerError> {
  const error: unknown = await new ApiClient(url, { token: 'cb_secret' }).query('{ a }', {}).then(
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
