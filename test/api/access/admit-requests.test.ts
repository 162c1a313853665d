import { fastify } from 'fastify';
import { expect, it } from 'vitest';

import { admitRequests, callerOf } from '../../../src/api/access/admit-requests.js';
import { TrustedProxies } from '../../../src/api/access/trusted-proxies.js';
import { ANYBODY } from '../../../src/core/access/caller.js';
import { unmeasured } from '../../support/metrics.js';

it('gives nobody the rights of anybody where nobody was asked: behind an open door there is no caller', async () => {
  const app = fastify();
  const audit = { tellJoined: () => undefined };
  const doorkeeper = { admit: () => Promise.resolve(ANYBODY), count: () => Promise.resolve() };
  admitRequests(app, { doorkeeper, audit, metrics: unmeasured, proxies: new TrustedProxies([]), servesIde: false });
  app.get('/', (request) => callerOf(request).name);
  app.get('/health/live', (request) => callerOf(request).name);
  expect((await app.inject('/')).body).toBe('anybody');
  expect((await app.inject('/health/live')).json()).toMatchObject({
    statusCode: 500,
    message: 'nobody was let in at /health/live',
  });
  await app.close();
});
