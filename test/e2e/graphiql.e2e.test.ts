import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { canTestChromium, startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { SpawnedProcess } from '../support/spawned-process.js';

const STEPS = ['CreateToken', 'FireReview', 'WatchAnswer', 'ReadHistory'];

let browser: Browser;
let setting: Setting;
let everything: SpawnedProcess;

/** What a page did that it should not: asked another host, or complained. */
interface Faults {
  readonly asked: string[];
  readonly complaints: string[];
}

/** Opens the IDE in a profile of its own, as one who is here for the first time. */
async function openIde(run: (page: Page) => Promise<void>): Promise<Faults> {
  const context = await browser.newContext();
  const faults: Faults = { asked: [], complaints: [] };
  const { host } = new URL(setting.address);
  const page = await context.newPage();
  const note = (url: string) => {
    if (!url.startsWith('data:') && new URL(url).host !== host) faults.asked.push(url);
  };
  context.on('request', (request) => {
    note(request.url());
  });
  page.on('websocket', (socket) => {
    note(socket.url());
  });
  page.on('console', (message) => faults.complaints.push(message.text()));
  page.on('pageerror', (error) => faults.complaints.push(error.message));
  try {
    await page.goto(`${setting.address}/graphiql`);
    for (const editor of ['query-editor', 'response'])
      await page.locator(`.graphiql-${editor} .view-line`).first().waitFor();
    await run(page);
  } finally {
    await context.close();
  }
  return faults;
}

async function tabNames(page: Page): Promise<readonly string[]> {
  await page.getByRole('tab').first().waitFor();
  return (await page.getByRole('tab').allTextContents()).map((name) => name.replace('close icon', ''));
}

/** What the IDE shows when a tab has been run and has said `until`. The editor writes blanks that do not break. */
async function shownBy(page: Page, name: string, until: string | RegExp): Promise<string> {
  await page.getByRole('tab', { name }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  const answer = page.locator('.graphiql-response .view-lines').filter({ hasText: until });
  return ((await answer.textContent()) ?? '').replaceAll('\u00a0', ' ');
}

async function runSteps(page: Page): Promise<void> {
  await shownBy(page, 'CreateToken', '"id"');
  expect(await shownBy(page, 'FireReview', '"executionId"')).toContain(':ai_review:1');
  expect(await shownBy(page, 'WatchAnswer', '"completed"')).toContain('assessment');
  // The stream ends with the answer; what the token makes of it follows.
  await eventually(async () => {
    expect(await shownBy(page, 'ReadHistory', '"place"')).toContain('"COMPLETED"');
  });
}

const there = await canTestChromium();

describe.runIf(there)('the GraphQL IDE in a browser', () => {
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['scripts/build.mjs', '--for-sources']);
    [browser, setting] = await Promise.all([startChromium(), newSetting()]);
    everything = await startEverything(setting);
  });

  afterAll(async () => {
    await browser.close();
    await everything.stop();
    await setting.remove();
  });

  it('reviews a document on a fresh start, a tab for each step, each as often as one likes, without any other host', async () => {
    const faults = await openIde(async (page) => {
      expect(await tabNames(page)).toEqual(['SaveReview', ...STEPS]);
      for (const _time of [1, 2]) {
        expect(await shownBy(page, 'SaveReview', '"document_review"')).not.toContain('"errors"');
        await runSteps(page);
      }
    });
    expect(faults).toEqual({ asked: [], complaints: [] });
  });

  it('goes on with what the demo has saved', async () => {
    const demo = SpawnedProcess.start('demo', setting.environment);
    expect(await demo.exit(), demo.output).toBe(0);
    const faults = await openIde(async (page) => {
      expect(await tabNames(page)).toEqual(STEPS);
      await runSteps(page);
    });
    expect(faults).toEqual({ asked: [], complaints: [] });
  });
});
