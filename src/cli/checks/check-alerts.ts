import type { Config } from '../../config.js';
import { ok, type Finding } from './finding.js';

const SUBJECT = 'Alerts';

/** Whom anybody tells that something is wrong. Nothing is sent. */
export function checkAlerts({ alerts }: Pick<Config, 'alerts'>): readonly Finding[] {
  const { webhook, windowSeconds } = alerts;
  // The rest of the address may be a secret.
  const told =
    webhook === undefined
      ? 'Nobody is told what is wrong: see ALERT_WEBHOOK_URL.'
      : `${new URL(webhook.url).host} is told what is wrong, signed.`;
  return [ok(SUBJECT, `${told} Counted within ${windowSeconds} seconds.`)];
}
