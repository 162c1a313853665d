import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AccessTokens } from '../../../src/api/access/access-tokens.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

let open: ApiUnderTest;
let locked: ApiUnderTest;

beforeAll(async () => {
  open = await apiUnderTest();
  locked = await apiUnderTest({ checks: [new AccessTokens()] });
});
afterAll(async () => {
  await open.stop();
  await locked.stop();
});

describe('every answer', () => {
  it.each([
    ['open', '/'],
    ['open', '/health/live'],
    ['open', '/guides/errors'],
    ['open', '/nowhere'],
    ['open', '/graphql?query={__typename}'],
    ['open', '/agent-stream/nobody'],
    ['locked', '/'],
    ['locked', '/agent-stream/nobody'],
  ])('of the %s API to %s tells browsers to guess, frame and send on nothing', async (which, url) => {
    const { app } = which === 'open' ? open : locked;
    const { headers } = await app.inject({ url, headers: { accept: 'text/html' } });
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
    expect(headers['x-frame-options']).toBe('SAMEORIGIN');
    // It came without TLS, where that would mean nothing.
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('a page', () => {
  it('says what it loads, and that nobody may frame it', async () => {
    const { headers } = await open.app.inject({ url: '/', headers: { accept: 'text/html' } });
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  });
});
