import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseConfig } from '../../src/config.js';
import { wordsOf } from '../../src/core/errors.js';
import { connectWorker } from '../../src/temporal/connect-worker.js';
import { connectClient } from '../../src/temporal/connect.js';
import { namedCluster } from '../../src/temporal/open-temporal.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { certificateFor, newAuthority, startTlsFront, type Certificate, type TlsFront } from '../support/tls-front.js';

const HOST = 'temporal.example.com';
/** In gRPC's frame. */
const EMPTY_MESSAGE = Buffer.alloc(5);
const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-mtls-'));
let temporal: TestTemporalServer;
let open: TlsFront;
let guarded: TlsFront;
let ours: Certificate;
let strangers: Certificate;
let authority: Certificate;

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

beforeAll(async () => {
  [temporal, authority] = await Promise.all([startTemporalServer(), newAuthority('theirs')]);
  ours = await certificateFor('worker', authority);
  strangers = await certificateFor('worker', await newAuthority('somebody'));
  const server = await certificateFor(HOST, authority);
  open = await startTlsFront(temporal.address, server);
  guarded = await startTlsFront(temporal.address, { ...server, clients: authority });
});
afterAll(async () => {
  await Promise.all([open.stop(), guarded.stop()]);
  await temporal.stop();
  rmSync(folder, { recursive: true });
});

/** Connects as an API and as a worker do, and asks something. */
async function reach(environment: Record<string, string>): Promise<void> {
  const { temporal: settings } = parseConfig(environment, { isTerminal: false });
  const cluster = namedCluster(settings, settings.address ?? '');
  const asked = { namespace: cluster.namespace };
  const [{ client, connection }, worker] = await Promise.all([connectClient(cluster), connectWorker(cluster)]);
  await client.workflowService.describeNamespace(asked);
  await worker.workflowService.describeNamespace(asked);
  await Promise.all([connection.close(), worker.close()]);
}

describe('a cluster behind TLS', () => {
  it('is reached with an authority of its own and the name on its certificate', async () => {
    await reach({
      TEMPORAL_ADDRESS: open.address,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.pem', authority.cert),
      TEMPORAL_TLS_SERVER_NAME: HOST,
    });
  });

  it('is reached with a certificate of ours (mTLS), by our names', async () => {
    await reach({
      TEMPORAL_ADDRESS: guarded.address,
      TEMPORAL_TLS_SERVER_NAME: HOST,
      TEMPORAL_TLS_CA_PATH: file('ca.pem', authority.cert),
      TEMPORAL_TLS_CERT_PATH: file('our.pem', ours.cert),
      TEMPORAL_TLS_KEY_PATH: file('our.key', ours.key),
    });
  });

  it('is reached with a certificate of ours, by texts', async () => {
    await reach({
      TEMPORAL_ADDRESS: guarded.address,
      TEMPORAL_TLS_SERVER_NAME: HOST,
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: authority.cert,
      TEMPORAL_TLS_CLIENT_CERT_DATA: ours.cert,
      TEMPORAL_TLS_CLIENT_KEY_DATA: ours.key,
    });
  });

  it("is reached with a certificate of ours, by a profile of Temporal's file", async () => {
    const TEMPORAL_CONFIG_FILE = file(
      'temporal.toml',
      `[profile.prod]
address = "${guarded.address}"
[profile.prod.tls]
server_name = "${HOST}"
server_ca_cert_path = "${file('ca.pem', authority.cert)}"
client_cert_path = "${file('our.pem', ours.cert)}"
client_key_data = """${ours.key}"""
`,
    );
    await reach({ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'prod' });
  });

  const PAIR = ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'] as const;
  const refused: readonly [what: string, environment: () => Record<string, string>, message: RegExp][] = [
    ['another authority', () => ({ CA: strangers.cert, NAME: HOST }), /not trusted.+TEMPORAL_TLS_SERVER_CA_CERT_PATH/],
    ['another name', () => ({ CA: authority.cert }), /is for another name.+TEMPORAL_TLS_SERVER_NAME says/],
    [
      'no certificate',
      () => ({ CA: authority.cert, NAME: HOST }),
      /refuses the certificate of ours, or misses one \(tlsv13 alert certificate required\)/,
    ],
    [
      'a certificate that strangers signed',
      () => ({ CA: authority.cert, NAME: HOST, CERT: strangers.cert, KEY: strangers.key }),
      /refuses the certificate of ours, or misses one.+TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    ['no TLS', () => ({}), /it wants TLS\. TEMPORAL_TLS=true turns it on$/],
    [
      'a certificate file that is not there',
      () => ({ [PAIR[0]]: '/nowhere/our.pem', [PAIR[1]]: '/nowhere/our.key' }),
      /^TEMPORAL_TLS_CLIENT_CERT_PATH: the file "\/nowhere\/our\.pem" cannot be read \(ENOENT\)$/,
    ],
    [
      'a file that is no certificate',
      () => ({ CA: 'none' }),
      /^TEMPORAL_TLS_SERVER_CA_CERT_PATH: .+ca\.pem" has no certificate/,
    ],
    [
      'the key of another certificate',
      () => ({ CERT: ours.cert, KEY: strangers.key }),
      /^TEMPORAL_TLS_CLIENT_KEY_PATH: .+our\.key" is not the key of the certificate in the file ".+our\.pem"$/,
    ],
    [
      'a key in the place of a path, which is not shown',
      () => ({ CERT: ours.cert, [PAIR[1]]: strangers.key }),
      /^TEMPORAL_TLS_CLIENT_KEY_PATH: what it has, which is no path, cannot be read \(ENOENT\)$/,
    ],
  ];
  // gRPC waits for five seconds, and they may as well do so together.
  it.concurrent.each(refused)('says in one line what is wrong with %s', async (what, environment, message) => {
    const { CA, NAME, CERT, KEY, ...rest } = environment();
    const own = (name: string, content: string) => file(`${what.replaceAll(/[^a-z]/gi, '-')}-${name}`, content);
    const set = {
      TEMPORAL_ADDRESS: guarded.address,
      ...(CA && { TEMPORAL_TLS_SERVER_CA_CERT_PATH: own('ca.pem', CA) }),
      ...(NAME && { TEMPORAL_TLS_SERVER_NAME: NAME }),
      ...(CERT && { TEMPORAL_TLS_CLIENT_CERT_PATH: own('our.pem', CERT) }),
      ...(KEY && { TEMPORAL_TLS_CLIENT_KEY_PATH: own('our.key', KEY) }),
      ...rest,
    };
    const { temporal: settings } = parseConfig(set, { isTerminal: false });
    const cluster = namedCluster(settings, guarded.address);
    const failures = await Promise.allSettled([connectClient(cluster), connectWorker(cluster)]);
    for (const failure of failures) {
      const said = failure.status === 'rejected' ? wordsOf(failure.reason) : 'it was reached';
      expect(said).toMatch(message);
      expect(said).not.toContain('\n');
    }
  });

  it.concurrent('is no cluster that does not speak TLS', async () => {
    const { temporal: settings } = parseConfig({ TEMPORAL_TLS: 'true' }, { isTerminal: false });
    await expect(connectClient(namedCluster(settings, temporal.address))).rejects.toThrow(
      /does not speak it .+TEMPORAL_TLS=false turns it off$/,
    );
  });
});

describe('headers of TEMPORAL_GRPC_META_*', () => {
  it('go with each request, of an API and of a worker', async () => {
    const came: IncomingHttpHeaders[] = [];
    const server = createServer();
    server.on('stream', (stream, headers) => {
      came.push(headers);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'grpc-status': '0' });
      });
      stream.end(EMPTY_MESSAGE);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const TEMPORAL_ADDRESS = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const environment = {
      TEMPORAL_ADDRESS,
      TEMPORAL_GRPC_META_X_TENANT_ID: 'a1',
      TEMPORAL_API_KEY: 'k',
      TEMPORAL_TLS: 'false',
    };
    const { temporal: settings } = parseConfig(environment, { isTerminal: false });
    const cluster = namedCluster(settings, TEMPORAL_ADDRESS);
    const { connection } = await connectClient(cluster);
    const worker = await connectWorker(cluster);
    await Promise.all([connection.close(), worker.close()]);
    server.close();
    expect(came.length).toBeGreaterThanOrEqual(2);
    for (const headers of came) expect(headers).toMatchObject({ 'x-tenant-id': 'a1', authorization: 'Bearer k' });
  });
});
