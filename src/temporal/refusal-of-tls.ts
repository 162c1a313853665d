import { isIP } from 'node:net';
import { connect } from 'node:tls';

import type { TLSConfig } from '@temporalio/client';

const PATIENCE_MS = 2000;
/** In which a server says that it wants a certificate: it may do so only once it has taken the connection. */
const REFUSAL_MS = 300;
/** Node's names for what a server is that does not speak TLS. */
const NO_TLS = ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ECONNRESET'];
/** Nothing is there, or nobody can be asked. */
const AWAY = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];

interface Asked {
  readonly address: string;
  readonly tls: TLSConfig | false;
}

/** How an attempt at TLS came out. */
interface Attempt {
  /** The server showed a certificate that we trust. */
  readonly isTrusted: boolean;
  readonly code: string;
  /** Why there is no connection; absent: there is one. */
  readonly reason?: string;
}

/**
 * Why TLS comes to nothing at an address, with what to do; undefined: it is not for TLS. gRPC says of all such cases only that nobody
 * answered in time.
 */
export async function refusalOfTls({ address, tls }: Asked): Promise<string | undefined> {
  const { isTrusted, code, reason } = await attempt(address, tls);
  if (AWAY.includes(code)) return undefined;
  if (tls === false)
    return isTrusted || !NO_TLS.includes(code) ? 'it wants TLS. TEMPORAL_TLS=true turns it on' : undefined;
  if (reason === undefined) return undefined;
  if (isTrusted || reason.includes('alert')) {
    return `it refuses the certificate of ours, or misses one (${reason}). TEMPORAL_TLS_CLIENT_CERT_PATH says which one it gets`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `its certificate is for another name (${reason}). TEMPORAL_TLS_SERVER_NAME says which name is on it`;
  }
  if (NO_TLS.includes(code)) return `it does not speak it (${reason}). TEMPORAL_TLS=false turns it off`;
  return `its certificate is not trusted (${reason}). TEMPORAL_TLS_SERVER_CA_CERT_PATH says who signed it`;
}

/** Without a configuration of ours: whether anybody speaks TLS there, whoever signed it. */
async function attempt(address: string, tls: TLSConfig | false): Promise<Attempt> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const { serverNameOverride = host, serverRootCACertificate, clientCertPair } = tls === false ? {} : tls;
  const socket = connect({
    host,
    port: Number(address.slice(colon + 1)),
    ALPNProtocols: ['h2'],
    rejectUnauthorized: tls !== false,
    ...(isIP(serverNameOverride) === 0 && { servername: serverNameOverride }),
    ...(serverRootCACertificate && { ca: Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  });
  return await new Promise((resolve) => {
    let isTrusted = false;
    const end = (outcome: { readonly code: string; readonly reason?: string }) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ isTrusted, ...outcome });
    };
    const timer = setTimeout(end, PATIENCE_MS, { code: 'ETIMEDOUT', reason: 'it is silent' });
    socket.once('secureConnect', () => {
      isTrusted = true;
      setTimeout(end, REFUSAL_MS, { code: '' });
    });
    socket.once('error', (error: NodeJS.ErrnoException & { readonly reason?: string }) => {
      end({ code: error.code ?? '', reason: error.reason ?? error.message });
    });
    socket.once('close', () => {
      end({ code: 'ECONNRESET', reason: 'it closes the connection' });
    });
  });
}
