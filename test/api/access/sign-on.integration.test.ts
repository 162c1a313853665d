import { createHash } from 'node:crypto';

import { decodeJwt, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AccessTokens } from '../../../src/api/access/access-tokens.js';
import { SignOn } from '../../../src/api/access/sign-on.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { eventually } from '../../support/eventually.js';
import { AUDIENCE, startSignOnServer } from '../../support/sign-on-server.js';

const OWN = { name: 'own', token: 'cb_own' };

let server: Awaited<ReturnType<typeof startSignOnServer>>;
let api: ApiUnderTest;
let address = '';

beforeAll(async () => {
  server = await startSignOnServer();
  const sha256 = createHash('sha256').update(OWN.token).digest('hex');
  const tokens = new AccessTokens([{ name: OWN.name, sha256, role: 'administer' }]);
  const signOn = new SignOn({ issuer: server.issuer, audience: AUDIENCE, roleClaim: 'realm.roles' });
  api = await apiUnderTest({ checks: [tokens, signOn] });
  address = await api.listen();
});
afterAll(async () => {
  await api.stop();
  await server.stop();
});

/** The code of an answer to somebody who reads, and to somebody who changes something. */
async function answers(token: string): Promise<readonly string[]> {
  const ask = async (query: string) => {
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as { errors?: readonly { extensions: { code: string } }[] };
    return errors?.[0]?.extensions.code ?? 'open';
  };
  return [await ask('{ agents { id } }'), await ask('mutation { deleteAgent(id: "nobody") }')];
}

const rolesOf = (...roles: readonly string[]) => server.tokenWith({ realm: { roles } });
const SHUT = ['UNAUTHENTICATED', 'UNAUTHENTICATED'];

describe("a company's sign-on", () => {
  it.each([
    [['read'], ['open', 'FORBIDDEN']],
    [
      ['operate', 'something else'],
      ['open', 'FORBIDDEN'],
    ],
    [
      ['read', 'administer'],
      ['open', 'open'],
    ],
    [[], ['FORBIDDEN', 'FORBIDDEN']],
    [['admin'], ['FORBIDDEN', 'FORBIDDEN']],
  ])('opens to somebody of the roles %j what they allow', async (roles, expected) => {
    expect(await answers(await rolesOf(...roles))).toEqual(expected);
  });

  it('is told to the audit by its subject, also where it gives somebody no role', async () => {
    const token = async (...roles: readonly string[]) => `Bearer ${await rolesOf(...roles)}`;
    const url = '/graphql?query={auditLog{nodes{actor,role,action,code}}}';
    for (const authorization of [await token('read'), await token()])
      await api.app.inject({ url, headers: { authorization } });
    const { body } = await api.app.inject({ url, headers: { authorization: `Bearer ${OWN.token}` } });
    const { sub = '' } = decodeJwt(await rolesOf('read'));
    for (const told of [
      { actor: sub, role: 'read', action: 'auditLog', code: 'FORBIDDEN' },
      { actor: sub, role: null, action: 'authenticate', code: 'FORBIDDEN' },
    ]) {
      expect(body).toContain(JSON.stringify(told));
    }
  });

  it('opens nothing to a token for another service', async () => {
    expect(await answers(await server.tokenWith({ realm: { roles: ['administer'] } }, 'urn:other'))).toEqual(SHUT);
  });

  it('opens nothing to a token that was changed, or cut', async () => {
    const [head = '', , signature = ''] = (await rolesOf('read')).split('.');
    const body = Buffer.from(
      JSON.stringify({
        iss: server.issuer,
        aud: AUDIENCE,
        sub: 'x',
        exp: 4_000_000_000,
        realm: { roles: ['administer'] },
      }),
    ).toString('base64url');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    for (const token of [
      `${head}.${body}.${signature}`,
      `${head}.${body}.`,
      `${unsigned}.${body}.`,
      `${head}.${body}`,
    ]) {
      expect(await answers(token)).toEqual(SHUT);
    }
  });

  const seconds = Math.floor(Date.now() / 1000);
  const CLAIMS = { aud: AUDIENCE, sub: 'x', exp: 4_000_000_000, realm: { roles: ['administer'] } };
  const without = (name: keyof typeof CLAIMS) =>
    Object.fromEntries(Object.entries(CLAIMS).filter(([claim]) => claim !== name));
  it.each<[string, JWTPayload]>([
    ['another key', CLAIMS],
    ['its time over for minutes', { ...CLAIMS, exp: seconds - 120 }],
    ['its time not come yet for minutes', { ...CLAIMS, nbf: seconds + 120 }],
    ['no audience', without('aud')],
    ['no end', without('exp')],
    ['another issuer', { ...CLAIMS, iss: 'https://login.example.com' }],
  ])('opens nothing to a token of the issuer with %s', async (what, claims) => {
    const { privateKey: other } = await generateKeyPair('RS256');
    const key = what === 'another key' ? other : server.signingKey();
    const token = new SignJWT({ iss: server.issuer, ...claims }).setProtectedHeader({
      alg: 'RS256',
      kid: server.keyId(),
    });
    expect(await answers(await token.sign(key))).toEqual(SHUT);
    const good = new SignJWT({ iss: server.issuer, ...CLAIMS }).setProtectedHeader({
      alg: 'RS256',
      kid: server.keyId(),
    });
    expect(await answers(await good.sign(server.signingKey()))).toEqual(['open', 'open']);
  });

  it('opens nothing to one who signs with what everybody knows', async () => {
    const { publicKey } = await generateKeyPair('RS256', { extractable: true });
    const secret = new TextEncoder().encode(await exportSPKI(publicKey));
    const claims = {
      iss: server.issuer,
      aud: AUDIENCE,
      sub: 'x',
      exp: 4_000_000_000,
      realm: { roles: ['administer'] },
    };
    expect(await answers(await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret))).toEqual(SHUT);
  });
});

describe('an issuer that changes its keys', () => {
  it('is followed while the API runs', async () => {
    const before = await rolesOf('read');
    expect(await answers(before)).toEqual(['open', 'FORBIDDEN']);
    await server.rotateKeys();
    const after = await rolesOf('administer');
    await eventually(async () => {
      expect(await answers(after)).toEqual(['open', 'open']);
    });
    expect(await answers(before)).toEqual(SHUT);
  });
});

describe('an issuer that is away', () => {
  it('shuts nobody out whose token is ours, and says that it is away', { tags: 'issuer-away' }, async () => {
    const fresh = await apiUnderTest({
      checks: [
        new AccessTokens([]),
        new SignOn({ issuer: server.issuer, audience: AUDIENCE, roleClaim: 'realm.roles' }),
      ],
    });
    const known = address;
    const token = await rolesOf('read');
    await server.stop();
    try {
      expect(await answers(OWN.token)).toEqual(['open', 'open']);
      // Its keys are known here, and not there.
      expect(await answers(token)).toEqual(['open', 'FORBIDDEN']);
      address = await fresh.listen();
      expect(await answers(token)).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
      await server.restart();
      await eventually(async () => {
        expect(await answers(token)).toEqual(['open', 'FORBIDDEN']);
      });
    } finally {
      address = known;
      await fresh.stop();
    }
  });
});
