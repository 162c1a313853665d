import { access, constants } from 'node:fs/promises';

import { chromium, type Browser } from 'playwright-core';

const PATH = process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/** Nothing but what a page asks for goes over the network. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether tests in a browser can run. With CI=true they must: then they fail instead of being skipped. */
export async function canTestChromium(): Promise<boolean> {
  try {
    await access(PATH, constants.X_OK);
    return true;
  } catch {
    if (process.env['CI'] === 'true') return true;
    console.warn(`Skipped: no Chromium at ${PATH} (set TEST_CHROMIUM where it is elsewhere).`);
    return false;
  }
}

/** Beside much else a page takes its time, and so does the browser's first. */
export const BROWSER_PATIENCE_MS = 120_000;

/** A browser of its own, without a window, with a profile that is new and gone afterwards. It ends with this process. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: PATH,
    chromiumSandbox: false,
    args: QUIET,
    timeout: BROWSER_PATIENCE_MS,
  });
}
