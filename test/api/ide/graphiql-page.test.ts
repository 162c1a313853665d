import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

let folder: string;
let api: ApiUnderTest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-'));
  api = await apiUnderTest({ ideFolder: join(folder, 'graphiql') });
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

async function build(): Promise<void> {
  await mkdir(join(folder, 'graphiql'));
  await writeFile(join(folder, 'graphiql/index.html'), '<!doctype html>');
  await writeFile(join(folder, 'graphiql/main.js'), 'export {};');
  await writeFile(join(folder, 'beside.txt'), 'not for everyone');
}

async function open(url: string, headers: Record<string, string> = {}) {
  return await api.app.inject({ method: 'GET', url, headers });
}

describe('the page of the GraphQL IDE', () => {
  it('takes scripts and connections from here only, and is not to be framed', async () => {
    await build();
    const { statusCode, headers } = await open('/graphiql');
    const policy = String(headers['content-security-policy']).split('; ');
    expect(statusCode).toBe(200);
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy.join(' ')).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it('has its scripts beside it, asked for anew with every version', async () => {
    await build();
    const { statusCode, headers } = await open('/graphiql/main.js');
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' });
    expect(headers['content-type']).toMatch(/javascript/);
  });

  it('is found with a slash at the end, too', async () => {
    await build();
    const { statusCode, headers } = await open('/graphiql/');
    expect([statusCode, headers.location]).toEqual([308, '../graphiql']);
  });

  it.each(['/graphiql/../beside.txt', '/graphiql/%2e%2e/beside.txt', '/graphiql/..%2fbeside.txt', '/graphiql/none.js'])(
    'gives nothing for %s',
    async (url) => {
      await build();
      expect((await open(url)).statusCode).toBeGreaterThanOrEqual(400);
    },
  );

  it.each(['/graphiql', '/graphiql/main.js'])('%s is not for a host that somebody else has named', async (url) => {
    await build();
    const { statusCode, body } = await open(url, { host: 'rebound.example' });
    expect(statusCode).toBe(403);
    expect(body).toContain('FORBIDDEN');
  });

  it('says how to make it where it has not been built, and is there once it has', async () => {
    const { statusCode, body } = await open('/graphiql');
    expect(statusCode).toBe(503);
    expect(body).toContain('npm run build');
    await build();
    expect((await open('/graphiql')).statusCode).toBe(200);
  });
});
