import { expect, it } from 'vitest';

import { dataFolderBackup } from '../../src/compose/data-folder-backup.js';

const copyTo = () => Promise.resolve();
const storageUrl = 'pglite:data/storage';
const config = { dataDir: 'data', storageUrl, streamUrl: storageUrl };
const storage = { copyTo, version: '1.2.3' };

it('there is a backup where all that is stored lies in the data folder', () => {
  expect(dataFolderBackup(config, { copyTo }, storage)).toBeDefined();
});

it.each([
  ['streams', { ...config, streamUrl: 'redis://there' }, { copyTo }, storage],
  ['agents', { ...config, agentStorageUrl: 'nats://there' }, { copyTo }, storage],
  ['a folder of storage', { ...config, storageUrl: 'pglite:there', streamUrl: 'pglite:there' }, { copyTo }, storage],
  [
    'a database',
    { ...config, storageUrl: 'postgres://there', streamUrl: 'postgres://there' },
    { copyTo },
    { version: '1' },
  ],
  ['Temporal', config, {}, storage],
])('there is none where %s lies elsewhere: it would be a part of one', (_what, stored, temporal, copied) => {
  expect(dataFolderBackup(stored, temporal, copied)).toBeUndefined();
});
