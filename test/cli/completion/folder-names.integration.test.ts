import { afterEach, expect, it } from 'vitest';

import { folderNames } from '../../../src/cli/completion/folder-names.js';
import { DefinitionFolders } from '../../support/definition-folders.js';

const folders = new DefinitionFolders();
afterEach(() => folders.removeAll());

it('offers no name of a folder that a shell would obey', async () => {
  const names = ['prod', '$(touch x)', '`x`', 'a;b', 'a b', 'a\nb', ':files', '--help\u001b', '-x', 'eu-1.a_b'];
  const folder = await folders.make({
    'circuit-breaker.yaml': [
      'environments:',
      ...names.map((name) => `  ${JSON.stringify(name)}: { url: 'http://a' }`),
    ].join('\n'),
  });
  expect((await folderNames(folder)).environments).toEqual(['prod', 'eu-1.a_b']);
});
