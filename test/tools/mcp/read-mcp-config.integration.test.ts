import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { secretForHost, secretForServer } from '../../../src/providers/keys/host-bound-keys.js';
import { readCredentials } from '../../../src/providers/keys/read-credentials.js';
import { readMcpConfig } from '../../../src/tools/mcp/read-mcp-config.js';

const credentials = readCredentials({
  credentials: {
    ...{ CREDENTIAL_A: 'secret-a', CREDENTIAL_A_HOSTS: 'mcp/files,api.example.com' },
    ...{ CREDENTIAL_B: 'secret-b', CREDENTIAL_B_HOSTS: 'api.example.org' },
  },
});
const secrets = {
  forHost: (name: string, url: URL) => secretForHost(name, url, credentials),
  forServer: (name: string, server: string) => secretForServer(name, server, credentials),
};

describe('the file that names MCP servers', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-mcp-'));
    file = join(folder, '.mcp.json');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const read = (isNamed = true) => readMcpConfig({ path: file, isNamed, secrets });
  async function faultsOf(servers: unknown) {
    await writeFile(file, JSON.stringify({ mcpServers: servers }));
    return (await read()).faults.map(({ message }) => message);
  }

  it('names programs and addresses, as for other clients, with secrets that are bound to where they go', async () => {
    const mcpServers = {
      files: {
        ...{
          type: 'stdio',
          command: 'npx',
          args: ['-y', 'files'],
          env: { KEY: '${CREDENTIAL_A}', MY_TOKEN: 'abcdef' },
        },
        disabledHere: 'unknown to us',
      },
      shop: { type: 'http', url: 'https://api.example.com/mcp', headers: { Authorization: 'Bearer ${CREDENTIAL_A}' } },
    };
    await writeFile(file, JSON.stringify({ mcpServers, inputs: [] }));
    const { servers, faults, secrets: known } = await read();
    expect(faults).toEqual([]);
    expect(servers).toEqual([
      {
        ...{ name: 'files', transport: 'stdio', command: 'npx', args: ['-y', 'files'] },
        env: { KEY: 'secret-a', MY_TOKEN: 'abcdef' },
      },
      {
        ...{ name: 'shop', transport: 'streamable_http', url: new URL('https://api.example.com/mcp') },
        headers: { Authorization: 'Bearer secret-a' },
      },
    ]);
    expect(known).toEqual(expect.arrayContaining(['secret-a', 'abcdef']));
  });

  it('need not be there, unless it was named', async () => {
    expect(await read(false)).toEqual({ servers: [], faults: [], secrets: [] });
    expect((await read(true)).faults[0]?.message).toBe(
      `${file} cannot be read (ENOENT): make it, or unset MCP_CONFIG.`,
    );
  });

  it.each(['{"mcpServers": ', '[]', '{"servers": {}}', '{"mcpServers": []}'])(
    'is refused as a whole: %s',
    async (text) => {
      await writeFile(file, text);
      expect((await read()).faults).toEqual([
        { message: expect.stringContaining('is not like {"mcpServers"') as string },
      ]);
    },
  );

  it.each<[string, unknown, string]>([
    ['a name with spaces', { 'my files': { command: 'x' } }, 'server "my files": its name may have'],
    ['nothing to reach it by', { a: {} }, 'server "a": it must have "command", for a program, or "url"'],
    ['two ways to reach it', { a: { command: 'x', url: 'https://x' } }, 'and not both'],
    ['no object', { a: 'npx' }, 'server "a": it must be an object'],
    ['no program', { a: { command: '' } }, 'command must name a program'],
    ['arguments that are no list', { a: { command: 'x', args: '-y' } }, 'args must be a list of texts'],
    ['an argument that is no text', { a: { command: 'x', args: [1] } }, 'args/0 must be a text'],
    ['a credential among the arguments', { a: { command: 'x', args: ['${CREDENTIAL_A}'] } }, 'args/0 can be seen'],
    ['a variable that is no text', { a: { command: 'x', env: { A: 1 } } }, 'env/A must be a text'],
    ['another variable', { a: { command: 'x', env: { A: '${HOME}' } } }, 'of ${HOME}, only variables that begin'],
    ['a credential that is not set', { a: { command: 'x', env: { A: '${CREDENTIAL_X}' } } }, 'CREDENTIAL_X is not set'],
    [
      'a credential of another program',
      { a: { command: 'x', env: { A: '${CREDENTIAL_A}' } } },
      'env/A cannot be filled in: CREDENTIAL_A is not bound to the MCP server "a". Add mcp/a to CREDENTIAL_A_HOSTS',
    ],
    [
      'a credential of another host',
      { a: { url: 'https://api.example.com', headers: { A: '${CREDENTIAL_B}' } } },
      'headers/A cannot be filled in: CREDENTIAL_B is not bound to api.example.com',
    ],
    [
      'a credential without TLS',
      { a: { url: 'http://api.example.com', headers: { A: '${CREDENTIAL_A}' } } },
      'the connection has no TLS',
    ],
    ['no address', { a: { url: 'example.com' } }, 'url must be an http:// or https:// address'],
    ['a password in the address', { a: { url: 'https://u:p@example.com' } }, 'url may hold no user and password'],
    ['a header with a line break', { a: { url: 'https://x', headers: { A: 'a\nb' } } }, 'headers/A is nothing'],
    ['the old transport', { a: { type: 'sse', url: 'https://x/sse' } }, 'type names a transport that is gone'],
  ])('says what is wrong with a server, and where: %s', async (_what, servers, message) => {
    const [fault = ''] = await faultsOf(servers);
    expect(fault).toContain(message);
    expect(fault.startsWith(`${file}: server "`)).toBe(true);
    expect(fault).not.toContain('secret-');
  });

  it('has the servers that are right beside those that are wrong', async () => {
    await writeFile(file, JSON.stringify({ mcpServers: { a: {}, b: { command: 'x' } } }));
    const { servers, faults } = await read(false);
    expect(servers.map(({ name }) => name)).toEqual(['b']);
    expect(faults.map(({ server }) => server)).toEqual(['a']);
  });

  it('leaves out what is switched off, whatever else is said of it', async () => {
    const mcpServers = {
      a: { disabled: true },
      b: { command: 'x', disabled: false },
      c: { url: 'https://x', disabled: true },
    };
    await writeFile(file, JSON.stringify({ mcpServers }));
    const { servers, faults } = await read();
    expect(servers.map(({ name }) => name)).toEqual(['b']);
    expect(faults).toEqual([]);
  });
});
