import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, fire, settledToken } from '../support/api-client.js';
import { BROWSER_PATIENCE_MS, canTestChromium, startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { startPageServer } from '../support/page-server.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { temporalCli } from '../support/temporal-server.js';

const DOCUMENT = 'planted-document: the merger is on Friday';
const ANSWER = 'planted-answer: buy nothing';
const KEYS = { PAYLOAD_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}` };
/** As the UI shows bytes. */
const CIPHERTEXT = /"[\w+/]{80,}=*"/;
const TOKEN = 'cb_token-of-the-owner';

const AGENT = {
  ...{ id: 'reader', name: 'Reader', prompts: { system: 'Read.', userTemplate: '{text}' } },
  llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses: [ANSWER] } },
};
const WORKFLOW = {
  ...{ id: 'reading', name: 'Reading', places: ['asked', 'read'], initialPlace: 'asked' },
  transitions: [
    {
      ...{ id: 'read', fromPlaces: ['asked'], toPlace: 'read' },
      agentExecution: {
        agentId: 'reader',
        inputMapping: { text: 'data.text' },
        outputMapping: { 'data.answer': 'response' },
      },
    },
  ],
};

let browser: Browser;
let setting: Setting;
let everything: SpawnedProcess;
let uiUrl: string;
let tokenId: string;

/** Opens the history of the token in Temporal's UI, in a profile of its own. */
async function inUi(run: (page: Page) => Promise<void>, prepare?: (page: Page) => Promise<unknown>): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 3000 } });
  context.setDefaultTimeout(BROWSER_PATIENCE_MS);
  try {
    const page = await context.newPage();
    await prepare?.(page);
    await page.goto(`${uiUrl}/namespaces/default/workflows/${tokenId}`);
    await run(page);
  } finally {
    await context.close();
  }
}

async function textOf(page: Page): Promise<string> {
  return await page.locator('body').innerText();
}

/** What a page gets of the API: the status of the answer, or nothing at all. */
async function asked(page: Page, path: string): Promise<number | string> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"payloads":[]}' };
  return await page.evaluate<number | string>(
    `fetch(${JSON.stringify(setting.address + path)}, ${JSON.stringify(request)}).then((answer) => answer.status, () => 'nothing')`,
  );
}

async function historyByCommand(authorization: string): Promise<string> {
  const place = ['--address', setting.temporalAddress, '--workflow-id', tokenId];
  const codec = ['--codec-endpoint', `${setting.address}/codec`, '--codec-auth', authorization];
  const command = ['workflow', 'show', '--detailed', ...place, ...codec];
  const { stdout } = await promisify(execFile)(await temporalCli(), command, { maxBuffer: 16 * 1024 * 1024 }).catch(
    (error: unknown) => ({ stdout: String(error) }),
  );
  return stdout;
}

async function settingsOfUi(): Promise<unknown> {
  return await (await fetch(`${uiUrl}/api/v1/settings`)).json();
}

const there = await canTestChromium();

describe.runIf(there)("Temporal's own UI", () => {
  beforeAll(async () => {
    [browser, setting] = await Promise.all([startChromium(), newPreparedSetting(KEYS)]);
    uiUrl = `http://localhost:${setting.environment['TEMPORAL_UI_PORT'] ?? ''}`;
    everything = await startEverything(setting);
    await createAgent(setting.address, AGENT);
    await createWorkflow(setting.address, WORKFLOW);
    tokenId = await createToken(setting.address, { workflowId: 'reading', data: { text: DOCUMENT } });
    await fire(setting.address, { tokenId, transitionId: 'read' });
    expect(await settledToken(setting.address, tokenId)).toMatchObject({ status: 'COMPLETED' });
  });
  afterAll(async () => {
    await browser.close();
    await everything.stop();
    await setting.remove();
  });

  it('shows payloads in clear by the codec of the API', async () => {
    await inUi(async (page) => {
      await eventually(async () => {
        const shown = await textOf(page);
        for (const text of [DOCUMENT, ANSWER, 'Agent reader for token']) expect(shown).toContain(text);
        expect(shown).not.toMatch(CIPHERTEXT);
      });
    });
  });

  it('shows what is stored where the codec is not reached', async () => {
    const without = (page: Page) => page.route('**/codec/*', (route) => route.abort());
    await inUi(async (page) => {
      await eventually(async () => {
        expect(await textOf(page)).toMatch(CIPHERTEXT);
      });
      expect(await page.content()).not.toMatch(/planted-|Agent reader for token/);
    }, without);
  });

  it('may use nothing else of the API, and other pages may use nothing', async () => {
    const stranger = await startPageServer('');
    const page = await browser.newPage();
    await page.goto(uiUrl);
    expect([await asked(page, '/codec/decode'), await asked(page, '/graphql')]).toEqual([200, 'nothing']);
    await page.goto(stranger.origin);
    expect([await asked(page, '/codec/decode'), await asked(page, '/codec/encode')]).toEqual(['nothing', 'nothing']);
    await page.close();
    await stranger.stop();
  });

  it('is told of the codec, and no more once tokens have to be shown, of which it has none', async () => {
    expect(await settingsOfUi()).toMatchObject({ Codec: { Endpoint: `${setting.address}/codec` } });
    // The server stays, as when a process of ours dies.
    await everything.kill();
    everything = await startEverything({
      ...setting,
      environment: { ...setting.environment, AGENT_ACCESS_TOKEN: TOKEN },
    });
    expect(JSON.stringify(await settingsOfUi())).not.toContain('/codec');
    const page = await browser.newPage();
    await page.goto(uiUrl);
    expect(await asked(page, '/codec/decode')).toBe('nothing');
    await page.close();
  });

  it("has a command line beside it, which shows the owner's token", async () => {
    expect(await historyByCommand(`Bearer ${TOKEN}`)).toContain(DOCUMENT);
    expect(await historyByCommand(`Bearer ${TOKEN}x`)).not.toContain('planted-');
  });
});
