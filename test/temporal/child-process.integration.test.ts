import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { programEnvironment, startProgram } from '../../src/temporal/child-process.js';

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

describe('a program that we start', () => {
  it.each([
    { downloads: false, given: NEEDED },
    { downloads: true, given: { ...NEEDED, ...FOR_DOWNLOADS } },
  ])('is given what it needs and nothing else where downloads is $downloads', ({ downloads, given }) => {
    expect(programEnvironment({ ...KEYS, ...NEEDED, ...FOR_DOWNLOADS }, { downloads })).toEqual(given);
  });

  it('finds no key in its environment', async () => {
    for (const [name, value] of Object.entries(KEYS)) vi.stubEnv(name, value);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const child = startProgram(process.execPath, ['--print', 'JSON.stringify(process.env)'], { downloads: true });
    const [said] = await Promise.all([child.stdout && text(child.stdout), once(child, 'exit')]);
    expect(said).toContain('"PATH"');
    expect(said).not.toContain('never-handed-on');
  });
});
