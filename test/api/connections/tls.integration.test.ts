import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, Server as TlsServer, TLSSocket } from 'node:tls';

import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { followTlsFiles, readTlsFiles } from '../../../src/api/connections/tls-files.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';

const folder = mkdtempSync(join(tmpdir(), 'tls-'));
const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
let api: ApiUnderTest;
let port = 0;

/** A certificate for this machine, under a name by which it is known again. */
async function makeCertificate(name: string): Promise<void> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip: '127.0.0.1' }] }];
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', curve: 'P-256', extensions });
  writeFileSync(files.keyFile, made.private);
  writeFileSync(files.certFile, made.cert);
}

beforeAll(async () => {
  await makeCertificate('first');
  api = await apiUnderTest({ tls: readTlsFiles(files) });
  await api.listen();
  port = (api.app.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

async function ask(
  path: string,
): Promise<{ readonly status: number | undefined; readonly hsts: unknown; readonly name: string }> {
  const request = get({
    host: '127.0.0.1',
    port,
    path,
    ca: readFileSync(files.certFile),
    agent: false,
    rejectUnauthorized: false,
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if (!(response.socket instanceof TLSSocket)) throw new Error('it came without TLS');
  const name = String(response.socket.getPeerCertificate().subject.CN);
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, hsts: response.headers['strict-transport-security'], name };
}

describe('an API that speaks TLS itself', () => {
  it('serves requests, and has browsers stay with TLS', async () => {
    expect(await ask('/health/live')).toMatchObject({
      status: 200,
      hsts: expect.stringContaining('max-age') as string,
      name: 'first',
    });
  });

  it('serves WebSockets', async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', {
      ca: readFileSync(files.certFile),
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    const [answer] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(answer.toString())).toMatchObject({ type: 'connection_ack' });
    socket.terminate();
  });

  it('ignores an offer of another protocol, every time that one connection makes it', async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(files.certFile) });
    let said = '';
    socket.setEncoding('utf8').on('data', (part: string) => (said += part));
    const offer = ['GET /health/live HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: h2c', '', ''];
    const last = ['GET /health/live HTTP/1.1', 'Host: localhost', 'Connection: close', '', ''];
    socket.write(offer.join('\r\n') + offer.join('\r\n') + last.join('\r\n'));
    await once(socket, 'close');
    expect(said.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });

  it('shows a certificate that was renewed, and keeps the last good one where the new one cannot be used', async () => {
    const logger = new MemoryLogger();
    const end = followTlsFiles(
      files,
      (identity) => {
        if (api.app.server instanceof TlsServer) api.app.server.setSecureContext(identity);
      },
      logger,
    );
    try {
      await makeCertificate('second');
      await eventually(async () => {
        expect((await ask('/health/live')).name).toBe('second');
      });
      writeFileSync(files.certFile, 'not a certificate');
      await eventually(() => {
        expect(JSON.stringify(logger.lines)).toContain('the last good one holds');
      });
      expect((await ask('/health/live')).name).toBe('second');
    } finally {
      end();
    }
  });

  it('does not start with what is none', () => {
    expect(() => readTlsFiles(files)).toThrow(/^TLS_CERT_FILE and TLS_KEY_FILE: .+ are not a certificate and its key/);
    expect(() => readTlsFiles({ ...files, keyFile: join(folder, 'gone') })).toThrow(
      /^TLS_KEY_FILE: .+ cannot be read \(ENOENT\)/,
    );
  });
});
