import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withSecretFiles } from '../src/secret-files.js';

const all = () => true;

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
    expect(withSecretFiles(environment, all)).toEqual({
      OPENAI_API_KEY: 'sk-1',
      CREDENTIAL_X: 'two\nlines',
      STORAGE_URL: 'postgres://me:pw@db/x',
    });
  });

  it('is none where the variable holds no secret', () => {
    const environment = { CREDENTIAL_X_HOSTS_FILE: '/nowhere', PORT_FILE: '/nowhere', TEMPORAL_TLS_KEY_PATH: 'k' };
    expect(withSecretFiles(environment, all)).toEqual(environment);
  });

  it("is none where somebody else's program reads the variable", () => {
    const environment = { AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere', SSL_CERT_FILE: '/nowhere' };
    expect(withSecretFiles(environment, (name) => name === 'OPENAI_API_KEY')).toEqual(environment);
  });

  it.each(['sk-planted-0123456789', 'planted/key+0123456789=='])(
    'does not show the secret itself, given by mistake: %s',
    (key) => {
      const read = () => withSecretFiles({ OPENAI_API_KEY_FILE: key }, all);
      expect(read).toThrow(
        /^OPENAI_API_KEY_FILE: the file that it names \(not shown here\) cannot be read \(ENOENT\)$/,
      );
    },
  );

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
    expect(() => withSecretFiles(environment(), all)).toThrow(message);
  });
});
