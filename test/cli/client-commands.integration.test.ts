import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AccessTokens } from '../../src/api/access/access-tokens.js';
import { CLIENT_COMMANDS } from '../../src/cli/client-commands.js';
import { OPERATOR_COMMANDS } from '../../src/cli/operator-commands.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { WHOLE_FOLDER } from '../support/broken-folders.js';
import { DefinitionFolders } from '../support/definition-folders.js';
import { freePort } from '../support/free-port.js';
import { runCommand } from '../support/run-command.js';

/** `backup` asks nothing by GraphQL. */
const { backup: _, ...BY_GRAPHQL } = { ...CLIENT_COMMANDS, ...OPERATOR_COMMANDS };

/** How each is called, besides the folder that says where the server is. */
const CALLS: Readonly<Record<keyof typeof BY_GRAPHQL, readonly string[]>> = {
  diff: [],
  apply: [],
  get: [],
  run: ['review'],
  tokens: [],
  incidents: [],
  alerts: [],
  fire: ['t', 'finish'],
  retry: ['t'],
  cancel: ['t'],
  delete: ['t', '--yes'],
  migrate: ['review', '--from', '1', '--to', '2'],
  rollout: ['review', 'finish'],
  execute: ['reviewer'],
  'purge-cache': ['reviewer'],
  executions: [],
  execution: ['t:finish:1'],
};

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const folders = new DefinitionFolders();
const servers: Server[] = [];
let api: ApiUnderTest;
/** The server of each fault, and what every command says of it. */
const faults: Record<string, { readonly url: string; readonly token?: string; readonly says: RegExp }> = {};

/** Answers everything so, but says at `/` which version it is, if it has one. */
async function answering(
  type: string,
  body: string,
  { status = 200, version }: { status?: number; version?: string } = {},
) {
  const server = createServer((request, response) => {
    const isPage = request.method === 'GET' && version !== undefined;
    response.writeHead(isPage ? 200 : status, { 'content-type': isPage ? 'application/json' : type });
    response.end(isPage ? JSON.stringify({ version }) : body);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  api = await apiUnderTest({
    checks: [
      new AccessTokens([
        { name: 'elsewhere', role: 'read', sha256: sha256('cb_elsewhere'), workflows: ['another'] },
        { name: 'former', role: 'administer', sha256: sha256('cb_former'), expiresAt: 1000 },
      ]),
    ],
  });
  const url = await api.listen();
  const unknown = JSON.stringify({
    errors: [
      {
        message: 'Cannot query field "novelty" on type "Query".',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ],
  });
  const json = 'application/json';
  faults['nobody'] = { url: `http://127.0.0.1:${await freePort()}`, says: /^No server answers at \S+: .*ECONNREFUSED/ };
  faults['an address that leads nowhere'] = { url: 'http://nowhere.invalid', says: /^No server answers at \S+: / };
  faults['pages'] = {
    url: await answering('text/html', '<html></html>'),
    says: /^What is at \S+ is no Circuit Breaker: .* 200/,
  };
  faults['another service'] = { url: await answering(json, '{"ok":true}'), says: /is no Circuit Breaker/ };
  faults['a server that knows no version'] = {
    url: await answering(json, unknown),
    says: /does not say its version, and is older than this command \(0\.1\.0\)\. Update the server\. It does not know .*"novelty"/,
  };
  faults['an older server'] = {
    url: await answering(json, unknown, { status: 400, version: '0.0.9' }),
    says: /is older \(0\.0\.9\) than this command \(0\.1\.0\)\. Update the server, or .*npx circuit-breaker@0\.0\.9\. .*"novelty"/,
  };
  faults['a newer server'] = {
    url: await answering(json, unknown, { version: '9.0.0' }),
    says: /is newer \(9\.0\.0\) than this command \(0\.1\.0\)\. Update this command to 9\.0\.0\. .*"novelty"/,
  };
  faults['a server without a token for it'] = { url, says: /wants to know who calls: give its environment a `token`/ };
  faults['a server with a token that is over'] = {
    url,
    token: 'cb_former',
    says: /wants to know who calls: .+expired/,
  };
});
afterAll(async () => {
  for (const server of servers) server.close();
  await api.stop();
  await folders.removeAll();
});

describe('every command that talks to a server', () => {
  it('is in the table', () => {
    expect(Object.keys(CALLS).sort()).toEqual(Object.keys(BY_GRAPHQL).sort());
  });

  it.each(Object.entries(CALLS))('says in one line what is wrong with the server: %s', async (command, words) => {
    const said = await Promise.all(
      Object.entries(faults).map(async ([fault, { url, token, says }]) => {
        const entry = `{ url: '${url}'${token === undefined ? '' : `, token: ${token}`} }`;
        const folder = await folders.make({
          'circuit-breaker.yaml': `environments:\n  default: ${entry}\n`,
          ...WHOLE_FOLDER,
        });
        const { code, stdout, stderr } = await runCommand([command, ...words], { cwd: folder });
        const isRight = code === 2 && stdout === '' && says.test(stderr) && stderr.trimEnd().split('\n').length === 1;
        return isRight ? `${fault}: as it should be` : `${fault}: ${JSON.stringify({ code, stdout, stderr })}`;
      }),
    );
    expect(said).toEqual(Object.keys(faults).map((fault) => `${fault}: as it should be`));
  });

  it.each(['apply', 'run', 'fire', 'retry', 'cancel'] as const)(
    'says in one line what a token may not do: %s',
    async (command) => {
      const { url } = faults['a server without a token for it'] ?? {};
      const folder = await folders.make({
        'circuit-breaker.yaml': `environments:\n  default: { url: '${url ?? ''}', token: cb_elsewhere }\n`,
        ...WHOLE_FOLDER,
      });
      const { code, stderr } = await runCommand([command, ...CALLS[command]], { cwd: folder });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^\w+ takes the role "(?:operate|administer)"; elsewhere has "read"\.\n$/);
    },
  );
});
