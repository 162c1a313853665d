import type { Browser, Page } from 'playwright-core';

import type { PageFunctions } from '../e2e/pages/page-functions.js';
import { BROWSER_PATIENCE_MS } from './chromium.js';
import { CuttingProxy } from './cutting-proxy.js';

/** A page in a profile of its own, and the API behind a proxy that only this page uses. */
export interface Visit {
  readonly page: Page;
  readonly proxy: CuttingProxy;
  /** Of all answers to the page for a stream. */
  readonly statuses: readonly number[];
}

interface Destination {
  readonly browser: Browser;
  /** Of the page. */
  readonly origin: string;
  readonly api: string;
}

/** Fails when the page has thrown what it did not catch. */
export async function visitPage(
  { browser, origin, api }: Destination,
  run: (visit: Visit) => Promise<void>,
): Promise<void> {
  const [context, proxy] = await Promise.all([browser.newContext(), CuttingProxy.start(api)]);
  try {
    context.setDefaultTimeout(BROWSER_PATIENCE_MS);
    const page = await context.newPage();
    const statuses: number[] = [];
    const thrown: Error[] = [];
    page.on('pageerror', (error) => thrown.push(error));
    page.on('response', (response) => {
      if (response.url().includes('/agent-stream/')) statuses.push(response.status());
    });
    await page.goto(origin);
    await run({ page, proxy, statuses });
    if (thrown[0] !== undefined) throw thrown[0];
  } finally {
    await context.close();
    await proxy.stop();
  }
}

/** Calls one of the pages' functions in a page. */
export async function ask<Name extends keyof PageFunctions>(
  page: Page,
  name: Name,
  ...args: Parameters<PageFunctions[Name]>
): Promise<Awaited<ReturnType<PageFunctions[Name]>>> {
  return await page.evaluate<Awaited<ReturnType<PageFunctions[Name]>>>(`page.${name}(...${JSON.stringify(args)})`);
}
