import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { parseConfig } from '../../src/config.js';
import { runDevServer } from '../../src/temporal/dev-server.js';
import { uiOf } from '../../src/temporal/open-temporal.js';

const uiUrl = (environment: Record<string, string>) =>
  uiOf(parseConfig(environment, { isTerminal: false }).temporal).uiUrl;

describe("Temporal's UI", () => {
  it.each([
    [{}, 'http://localhost:8233'],
    [{ TEMPORAL_UI_PORT: '9000' }, 'http://localhost:9000'],
    [{ TEMPORAL_ADDRESS: 'temporal.example.com:7233' }, undefined],
    [
      { TEMPORAL_ADDRESS: 'temporal.example.com:7233', TEMPORAL_UI_URL: 'https://temporal.example.com/ui/' },
      'https://temporal.example.com/ui',
    ],
  ])('with %o is at %s', (environment, expected) => {
    expect(uiUrl(environment)).toBe(expected);
  });

  it('is at no address but one of the web', () => {
    expect(() => uiUrl({ TEMPORAL_UI_URL: 'temporal.example.com:8080' })).toThrow(
      /^TEMPORAL_UI_URL is .+: must be an http:\/\/ or https:\/\/ address$/,
    );
  });
});

describe('a dev server of our own', () => {
  it('says what to do where its folder cannot be used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cb-file-'));
    const dataDir = join(folder, 'file', 'data');
    await writeFile(join(folder, 'file'), '');
    const place = { cli: 'temporal', namespace: 'default', port: 1, uiPort: 2, dataDir, environment: {} };
    await expect(runDevServer(place)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/^The data folder .* cannot be used \(ENOTDIR.*DATA_DIR/) as string,
    });
    await rm(folder, { recursive: true });
  });
});
