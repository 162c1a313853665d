import { z } from 'zod';

import type { AlertThresholds } from './core/alerts/judge-alerts.js';
import { badVariables } from './core/errors.js';

/** When people are told that something is wrong, and where. */
export interface AlertSettings {
  /** Within which things are counted. */
  readonly windowSeconds: number;
  readonly thresholds: AlertThresholds;
  /** Absent: nobody is told; alerts are to be asked for. */
  readonly webhook?: AlertWebhookSettings;
}

export interface AlertWebhookSettings {
  readonly url: string;
  /** By which receivers know that it is us. */
  readonly key: Uint8Array;
}

const MOST_SECONDS = 86_400;
const MOST = 1_000_000_000;
/** Of a key for HMAC with SHA-256, in bytes: what Standard Webhooks asks for. */
const [SHORTEST_KEY, LONGEST_KEY] = [24, 64];
const SECRET_PREFIX = 'whsec_';

const seconds = `must be a number of seconds, up to ${MOST_SECONDS}`;
/** Each look reads what was told within the window, by all processes. */
const [SHORTEST_WINDOW, LONGEST_WINDOW] = [10, 3600];
const window = `must be a number of seconds from ${SHORTEST_WINDOW} to ${LONGEST_WINDOW}`;
const windowSeconds = z.coerce.number(window).min(SHORTEST_WINDOW, window).max(LONGEST_WINDOW, window);
const longest = z.coerce.number(seconds).positive('must be more than 0').max(MOST_SECONDS, seconds);
const count = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(MOST);
const part = z.coerce
  .number('must be a number from 0 to 1')
  .min(0, 'must be from 0 to 1')
  .max(1, 'must be from 0 to 1');

export const ALERT_VARIABLES = {
  ALERT_WINDOW_SECONDS: windowSeconds.default(300),
  ALERT_FAILURE_RATE: part.default(0.1),
  ALERT_FIRST_WORD_SECONDS: longest.default(10),
  ALERT_PROVIDER_LIMITS: count.default(10),
  ALERT_CALLERS_LIMITED: count.default(100),
  ALERT_LOG_FAILURES: count.default(30),
  ALERT_VIEWERS_DROPPED: count.default(20),
  ALERT_LOG_WAIT_SECONDS: longest.default(10),
  ALERT_INCIDENTS: count.default(5),
  ALERT_SWEEP_LATE_SECONDS: longest.default(600),
  ALERT_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .refine((url) => !/^https?:\/\/[^/?#]*@/.test(url), 'must have no user and no password in it: it is signed')
    .optional(),
  ALERT_WEBHOOK_SECRET: z
    .string()
    .refine(
      (secret) => keyIn(secret) !== undefined,
      `must be ${SECRET_PREFIX} and ${SHORTEST_KEY} to ${LONGEST_KEY} bytes in base64: echo "${SECRET_PREFIX}$(openssl rand -base64 32)" makes one`,
    )
    .optional(),
};

/** From variables that were found good. Throws VALIDATION_FAILED where there is a URL without a secret. */
export function alertSettings(values: AlertValues): AlertSettings {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret, ALERT_WINDOW_SECONDS } = values;
  if (url !== undefined && secret === undefined) {
    const message =
      'ALERT_WEBHOOK_SECRET is not set: what goes to ALERT_WEBHOOK_URL is signed by it, so that its receiver knows that it is from here';
    throw badVariables([{ name: 'ALERT_WEBHOOK_SECRET', message }]);
  }
  const key = secret === undefined ? undefined : keyIn(secret);
  const thresholds: AlertThresholds = {
    failureRate: values.ALERT_FAILURE_RATE,
    firstWordSeconds: values.ALERT_FIRST_WORD_SECONDS,
    providerLimits: values.ALERT_PROVIDER_LIMITS,
    callersLimited: values.ALERT_CALLERS_LIMITED,
    logFailures: values.ALERT_LOG_FAILURES,
    viewersDropped: values.ALERT_VIEWERS_DROPPED,
    logWaitSeconds: values.ALERT_LOG_WAIT_SECONDS,
    incidents: values.ALERT_INCIDENTS,
    sweepLateSeconds: values.ALERT_SWEEP_LATE_SECONDS,
  };
  const webhook = url === undefined || key === undefined ? {} : { webhook: { url, key } };
  return { windowSeconds: ALERT_WINDOW_SECONDS, thresholds, ...webhook };
}

function keyIn(secret: string): Uint8Array | undefined {
  const text = secret.slice(SECRET_PREFIX.length);
  if (!secret.startsWith(SECRET_PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length >= SHORTEST_KEY && key.length <= LONGEST_KEY ? key : undefined;
}

type AlertValues = z.infer<z.ZodObject<typeof ALERT_VARIABLES>>;
