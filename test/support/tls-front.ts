import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

import { generate } from 'selfsigned';

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const CURVE = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

/** An authority that nobody else knows. */
export async function newAuthority(name: string): Promise<Certificate> {
  const extensions = [
    { name: 'basicConstraints' as const, cA: true, critical: true },
    { name: 'keyUsage' as const, keyCertSign: true, cRLSign: true, critical: true },
  ];
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], { ...CURVE, extensions });
  return { cert, key };
}

/** A certificate of the authority for a host, or for a client of that name. */
export async function certificateFor(host: string, authority: Certificate): Promise<Certificate> {
  const extensions = [
    { name: 'basicConstraints' as const, cA: false },
    { name: 'extKeyUsage' as const, serverAuth: true, clientAuth: true },
    { name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: host }] },
  ];
  const options = { ...CURVE, extensions, ca: authority };
  const { cert, private: key } = await generate([{ name: 'commonName', value: host }], options);
  return { cert, key };
}

export interface TlsFront {
  readonly address: string;
  stop(): Promise<void>;
}

/** Speaks TLS for a server that does not. With an authority, it wants a certificate of everybody who comes. */
export async function startTlsFront(
  target: string,
  { cert, key, clients }: Certificate & { readonly clients?: Certificate },
): Promise<TlsFront> {
  const [host = '', port = ''] = target.split(':');
  const open = new Set<Socket | TLSSocket>();
  const wanted = clients === undefined ? {} : { ca: clients.cert, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ cert, key, ALPNProtocols: ['h2'], ...wanted }, (client) => {
    const behind = connect(Number(port), host);
    for (const socket of [client, behind]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        behind.destroy();
      });
    }
    client.pipe(behind).pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
