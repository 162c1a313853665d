import { describe, expect, it } from 'vitest';

import { programEnvironments } from '../../src/core/program-environment.js';

const KEYS = {
  OPENAI_API_KEY: 'sk-never-handed-on-1',
  CREDENTIAL_GATEWAY: 'never-handed-on-2',
  STORAGE_URL: 'postgres://user:never-handed-on-3@127.0.0.1:1/database',
  TEMPORAL_API_KEY: 'never-handed-on-4',
  PIP_PASSWORD: 'never-handed-on-5',
  UNHEARD_OF: 'never-handed-on-6',
};
const NEEDED = {
  ...{ HOME: '/home/them', LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8', TMPDIR: '/tmp', XDG_CACHE_HOME: '/home/them/cache' },
  ...{ Path: String.raw`C:\bin`, SystemRoot: String.raw`C:\Windows`, TEMP: String.raw`C:\temp` },
};
const FOR_DOWNLOADS = {
  ...{ https_proxy: 'http://proxy:3128', NO_PROXY: 'localhost', SSL_CERT_FILE: '/etc/certs.pem' },
  ...{ PIP_INDEX_URL: 'https://mirror/simple', PYTHONUNBUFFERED: '1' },
};

describe('what programs are given of an environment', () => {
  const given = programEnvironments({ ...KEYS, ...NEEDED, ...FOR_DOWNLOADS });

  it('is what any program needs, and nothing else', () => {
    expect(given.forAll).toEqual(NEEDED);
  });

  it('is also the way out of the network, for those that fetch something', () => {
    expect(given.forDownloads).toEqual({ ...NEEDED, ...FOR_DOWNLOADS });
  });
});
