import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

export const AUDIENCE = 'urn:circuit-breaker';

interface SignOnServer {
  readonly issuer: string;
  /** A JWT for a caller whose claims are these. */
  tokenWith(claims: Readonly<Record<string, unknown>>, audience?: string): Promise<string>;
  /** From now on it signs with another key, and the old one is gone. */
  rotateKeys(): Promise<void>;
  /** What it signs with, and its id: as somebody has it who has stolen it. */
  signingKey(): CryptoKey;
  keyId(): string;
  stop(): Promise<void>;
  /** Answers again at the same address. */
  restart(): Promise<void>;
}

/** An OpenID provider that others wrote, at a port of its own: it gives tokens to a program that knows its secret. */
export async function startSignOnServer(): Promise<SignOnServer> {
  let claims: Readonly<Record<string, unknown>> = {};
  let handler: ReturnType<Provider['callback']>;
  let server: Server;
  const listen = async (port: number) => {
    server = createServer((request, response) => void handler(request, response));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  const port = await listen(0);
  const issuer = `http://127.0.0.1:${port}`;
  let current: SigningKey;
  const renew = async () => {
    current = await newKey();
    handler = new Provider(issuer, { ...configuration(() => claims), jwks: { keys: [current.jwk] } }).callback();
  };
  await renew();
  return {
    issuer,
    tokenWith: async (wanted, audience = AUDIENCE) => {
      claims = wanted;
      const basic = Buffer.from('program:its-secret').toString('base64');
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      });
      const answer = (await response.json()) as { access_token?: string };
      if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
      return answer.access_token;
    },
    rotateKeys: renew,
    signingKey: () => current.key,
    keyId: () => current.id,
    stop,
    restart: async () => {
      await listen(port);
    },
  };
}

interface SigningKey {
  readonly id: string;
  readonly key: CryptoKey;
  readonly jwk: JWK;
}

let keysMade = 0;

async function newKey(): Promise<SigningKey> {
  const { privateKey: key } = await generateKeyPair('RS256', { extractable: true });
  keysMade += 1;
  const id = `key-${keysMade}`;
  return { id, key, jwk: { ...(await exportJWK(key)), kid: id, use: 'sig', alg: 'RS256' } };
}

function configuration(claims: () => Readonly<Record<string, unknown>>): Configuration {
  return {
    clients: [
      {
        client_id: 'program',
        client_secret: 'its-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          audience,
          scope: '',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 120,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ sub: 'somebody@example.com', ...claims() }),
  };
}
