import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { readEnvironment } from '../../src/folder/environments.js';
import { DefinitionFolders } from '../support/definition-folders.js';

const folders = new DefinitionFolders();
afterEach(() => folders.removeAll());

const entry = (words: string) => ({ 'circuit-breaker.yaml': `environments:\n  default: { ${words} }\n` });
const read = async (files: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) =>
  await readEnvironment(await folders.make(files), { variables });

describe('the servers of a folder', () => {
  it.each(['http://me:hidden@127.0.0.1:4000', 'http://:hidden@127.0.0.1:4000', 'http://127.0.0.1:4000?token=hidden'])(
    'have no secret in their address, and it is not repeated: %s',
    async (url) => {
      const refused = read(entry(`url: '${url}'`));
      await expect(refused).rejects.toThrow(
        /^circuit-breaker\.yaml:2:19 environments\.default\.url must be an http:\/\/ or https:\/\/ address, without a name/,
      );
      await expect(refused).rejects.not.toThrow('hidden');
    },
  );

  it.each(['hid\\nden', 'hid den', 'hidden€', 'hidden\\u001b[2J'])(
    'have tokens that can be sent, and no other is repeated: "%s"',
    async (token) => {
      const refused = read(entry(`url: 'http://127.0.0.1:4000', token: "${token}"`));
      await expect(refused).rejects.toThrow(
        /^circuit-breaker\.yaml:2:\d+ environments\.default\.token must be visible/,
      );
      await expect(refused).rejects.not.toThrow(/hid|den/);
    },
  );

  it.each(['${TOKEN', 'a${TOKEN}${', '${TOKEN{ }${TOKEN '])('name variables whole: %s is refused', async (token) => {
    const refused = read(entry(`url: 'http://127.0.0.1:4000', token: '${token}'`), {
      TOKEN: 'cb_1',
      'TOKEN{ ': 'cb_2',
    });
    await expect(refused).rejects.toThrow(
      /^circuit-breaker\.yaml:2:\d+ environments\.default\.token has a `\$\{` without its `\}`: a variable is written/,
    );
  });

  it('are not shown a token of this machine that cannot be sent', async () => {
    const refused = read({}, { AGENT_ACCESS_TOKEN: 'hid\nden' });
    await expect(refused).rejects.toThrow(/^AGENT_ACCESS_TOKEN must be visible/);
  });

  it('find variables in a .env that begins with a mark, and wait for none that is no file', async () => {
    const folder = await folders.make({
      '.env': '\ufeffSECRET=cb_1\n',
      ...entry(`url: 'http://a:1', token: "\${SECRET}"`),
    });
    expect(await readEnvironment(folder, { variables: {} })).toMatchObject({ token: 'cb_1' });
    const another = await folders.make(entry(`url: 'http://a:1'`));
    execFileSync('mkfifo', [join(another, '.env')]);
    await expect(readEnvironment(another, { variables: {} })).rejects.toThrow(/\.env: it is no file$/);
  });
});
