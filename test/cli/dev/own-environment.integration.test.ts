import { afterAll, expect, it } from 'vitest';

import { ownEnvironment } from '../../../src/cli/dev/own-environment.js';
import { DefinitionFolders } from '../../support/definition-folders.js';

const ADDRESS = 'http://127.0.0.1:4123';
const folders = new DefinitionFolders();

afterAll(() => folders.removeAll());

const inFolder = async (file?: string) =>
  ownEnvironment(await folders.make(file === undefined ? {} : { 'circuit-breaker.yaml': file }), ADDRESS);

it('a server that the folder calls its default is shown the token of the folder', async () => {
  for (const url of [`${ADDRESS}/`, 'http://localhost:4123']) {
    const file = `environments:\n  default: { url: '${url}', token: cb_own }\n`;
    expect(await inFolder(file)).toEqual({ token: 'cb_own' });
  }
});

it.each([
  [undefined, 'There is no circuit-breaker.yaml, so commands in this folder go to http://127.0.0.1:4000, and this'],
  [
    "environments:\n  default: { url: 'http://127.0.0.1:4000' }\n",
    'Commands in this folder go to http://127.0.0.1:4000, and this server is at http://127.0.0.1:4123',
  ],
  [
    "environments:\n  default: { url: 'https://127.0.0.1:4123' }\n",
    'Commands in this folder go to https://127.0.0.1:4123, and this server is at http://127.0.0.1:4123',
  ],
  ['environments: {}\n', 'Commands in this folder find no server: circuit-breaker.yaml has no environment "default"'],
  ['environments: [\n', 'Commands in this folder find no server: circuit-breaker.yaml:'],
])('one line says that commands do not come to this server: %j', async (file, expected) => {
  const { warning = '' } = await inFolder(file);
  expect(warning.startsWith(expected), warning).toBe(true);
  expect(warning.split('\n')).toHaveLength(1);
});
