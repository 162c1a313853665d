import { expect, it } from 'vitest';

import { checkAlerts } from '../../../src/cli/checks/check-alerts.js';
import { parseConfig } from '../../../src/config.js';

const textFor = (environment: Record<string, string>) =>
  checkAlerts(parseConfig(environment, { isTerminal: false }))[0]?.text;

it('says whom alerts go to, by the host alone, and within which time things are counted', () => {
  const webhook = {
    ALERT_WEBHOOK_URL: 'https://hooks.example.com:8443/services/opens-everything',
    ALERT_WEBHOOK_SECRET: `whsec_${'A'.repeat(44)}`,
  };
  expect(textFor({ ...webhook, ALERT_WINDOW_SECONDS: '60' })).toBe(
    'hooks.example.com:8443 is told what is wrong, signed. Counted within 60 seconds.',
  );
  expect(textFor({})).toBe('Nobody is told what is wrong: see ALERT_WEBHOOK_URL. Counted within 300 seconds.');
});
