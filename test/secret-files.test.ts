import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withSecretFiles } from '../src/secret-files.js';

describe('a variable that names the file of a secret', () => {
  let folder: string;
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives its content, without the line break that ends the file', () => {
    const environment = {
      OPENAI_API_KEY_FILE: file('a', 'sk-1\n'),
      CREDENTIAL_X_FILE: file('b', 'two\nlines\r\n'),
      STORAGE_URL_FILE: file('c', 'postgres://me:pw@db/x'),
    };
    expect(withSecretFiles(environment)).toEqual({
      OPENAI_API_KEY: 'sk-1',
      CREDENTIAL_X: 'two\nlines',
      STORAGE_URL: 'postgres://me:pw@db/x',
    });
  });

  it('is none where the variable holds no secret', () => {
    const environment = { CREDENTIAL_X_HOSTS_FILE: '/nowhere', PORT_FILE: '/nowhere', TEMPORAL_TLS_KEY_PATH: 'k' };
    expect(withSecretFiles(environment)).toEqual(environment);
  });

  it.each([
    ['that is not there', () => ({ GOOGLE_API_KEY_FILE: '/nowhere' }), /GOOGLE_API_KEY_FILE: .*ENOENT/],
    ['that is empty', () => ({ GOOGLE_API_KEY_FILE: file('d', '\n') }), /GOOGLE_API_KEY_FILE: .*is empty/],
    ['that is a folder', () => ({ GOOGLE_API_KEY_FILE: folder }), /GOOGLE_API_KEY_FILE: .*cannot be read/],
    ['that is large', () => ({ GOOGLE_API_KEY_FILE: file('e', 'x'.repeat(70_000)) }), /too large/],
    [
      'beside the variable itself',
      () => ({ GOOGLE_API_KEY_FILE: file('f', 'x'), GOOGLE_API_KEY: 'y' }),
      /GOOGLE_API_KEY_FILE: GOOGLE_API_KEY is set too/,
    ],
  ])('is refused with its name for a file %s', (_, environment, message) => {
    expect(() => withSecretFiles(environment())).toThrow(message);
  });
});
