import { describe, expect, it } from 'vitest';

import { parseConfig } from '../src/config.js';

const parse = (environment: Record<string, string>) => parseConfig(environment, { isTerminal: false });
const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

describe('the settings of alerts', () => {
  it('have their documented defaults', () => {
    expect(parse({}).alerts).toEqual({
      windowSeconds: 300,
      thresholds: {
        ...{ failureRate: 0.1, firstWordSeconds: 10, providerLimits: 10, callersLimited: 100, logFailures: 30 },
        ...{ viewersDropped: 20, logWaitSeconds: 10, incidents: 5, sweepLateSeconds: 600 },
      },
    });
  });

  it('have a webhook with the key that its secret is, and show neither the secret nor what opens the address', () => {
    const url = 'https://hooks.example.com/T1?token=not-to-be-shown';
    const { alerts, secrets } = parse({ ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: SECRET });
    expect(alerts.webhook).toEqual({ url, key: Buffer.from('0123456789abcdef0123456789abcdef') });
    expect(secrets).toEqual(expect.arrayContaining([SECRET, 'not-to-be-shown']));
  });

  it.each([
    [{ ALERT_WEBHOOK_URL: 'https://a.example' }, /^ALERT_WEBHOOK_SECRET is not set: /],
    [
      { ALERT_WEBHOOK_SECRET: 'whsec_c2hvcnQ=' },
      /^ALERT_WEBHOOK_SECRET is not valid: must be whsec_ and 24 to 64 bytes/,
    ],
    [{ ALERT_WEBHOOK_SECRET: SECRET.slice(6) }, /^ALERT_WEBHOOK_SECRET is not valid: .+openssl rand -base64 32/],
    [{ ALERT_WEBHOOK_URL: 'ftp://a.example', ALERT_WEBHOOK_SECRET: SECRET }, /^ALERT_WEBHOOK_URL .+http/],
    [
      { ALERT_WEBHOOK_URL: 'https://me:pass@a.example', ALERT_WEBHOOK_SECRET: SECRET },
      /^ALERT_WEBHOOK_URL .+no password/,
    ],
    [{ ALERT_WINDOW_SECONDS: '9' }, /^ALERT_WINDOW_SECONDS is "9": must be a number of seconds from 10 to 3600/],
    [{ ALERT_WINDOW_SECONDS: '3601' }, /^ALERT_WINDOW_SECONDS is "3601": must be a number of seconds from 10 to 3600/],
    [{ ALERT_WINDOW_SECONDS: 'long' }, /^ALERT_WINDOW_SECONDS is "long": must be a number of seconds from 10 to 3600/],
    [{ ALERT_FAILURE_RATE: '10' }, /^ALERT_FAILURE_RATE is "10": must be from 0 to 1/],
    [{ ALERT_PROVIDER_LIMITS: '1.5' }, /^ALERT_PROVIDER_LIMITS is "1.5": must be a whole number/],
    [{ ALERT_SWEEP_LATE_SECONDS: 'soon' }, /^ALERT_SWEEP_LATE_SECONDS is "soon": must be a number of seconds/],
  ])('refuse %j', (environment, message) => {
    expect(() => parse(environment)).toThrow(message);
    expect(() => parse(environment)).not.toThrow(/pass@/);
  });
});
