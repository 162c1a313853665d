import { setTimeout as delay } from 'node:timers/promises';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { startAimock } from '../support/aimock-process.js';
import { LONG_PROSE } from '../support/aimock-review.js';
import { createAgent, execution, graphql } from '../support/api-client.js';
import { canTestChromium, startChromium } from '../support/chromium.js';
import { ask, visitPage, type Visit } from '../support/browser-visit.js';
import type { CuttingProxy } from '../support/cutting-proxy.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { bundlePages, startPageServer, type PageServer } from '../support/page-server.js';
import { streamFaults } from '../support/stream-viewer.js';
import type { ReadEvent } from './pages/page-functions.js';

const AGENT = {
  id: 'writer',
  name: 'Writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
};
/** The answer comes in so many chunks. */
const CHUNKS = 40;
/** Within which an EventSource of Chromium comes again. */
const COMES_AGAIN_MS = 3000;

let browser: Browser;
let script: string;
let named: PageServer;
let stranger: PageServer;
let setting: Setting;

/** What runs, oldest first. */
const running: { stop(): Promise<unknown> }[] = [];

async function started<Started extends { stop(): Promise<unknown> }>(starting: Promise<Started>): Promise<Started> {
  const one = await starting;
  running.push(one);
  return one;
}

async function startAll(): Promise<void> {
  const modulePath = new URL('../support/aimock-review.ts', import.meta.url).pathname;
  const chunkSize = Math.ceil(LONG_PROSE.length / CHUNKS);
  browser = await startChromium();
  running.push({ stop: () => browser.close() });
  script = await bundlePages();
  named = await started(startPageServer(script));
  stranger = await started(startPageServer(script));
  const aimock = await started(startAimock({ modulePath, latencyMs: 50, chunkSize }));
  setting = await newPreparedSetting({ OPENAI_BASE_URL: aimock.baseUrl, CORS_ORIGINS: named.origin });
  running.push({ stop: () => setting.remove() });
  await started(startEverything(setting));
  await createAgent(setting.address, AGENT);
}

async function stopAll(): Promise<void> {
  for (const one of running.reverse()) await one.stop();
}

async function write(): Promise<string> {
  const query = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
  const input = { agentId: 'writer', input: { topic: 'tides' } };
  return (await graphql<{ executeAgent: { id: string } }>(setting.address, query, { input })).executeAgent.id;
}

async function storedText(executionId: string): Promise<string> {
  const { finalResponse } = await execution(setting.address, executionId);
  expect(finalResponse).toBe(LONG_PROSE);
  return finalResponse ?? '';
}

async function visiting(origin: string, run: (visit: Visit) => Promise<void>): Promise<void> {
  await visitPage({ browser, origin, api: setting.address }, run);
}

async function connectionClosed(proxy: CuttingProxy, executionId: string): Promise<void> {
  while (proxy.visitsTo(executionId).some(({ isOpen }) => isOpen())) await delay(10);
}

function chunksOf(events: readonly ReadEvent[]): string {
  return events.map(({ content = '' }) => content).join('');
}

async function expectWhole(executionId: string, events: readonly ReadEvent[]): Promise<void> {
  expect(streamFaults(events as readonly StreamEvent[])).toEqual([]);
  expect(chunksOf(events)).toBe(await storedText(executionId));
  expect(events.at(-1)).toMatchObject({ eventType: 'completed', final_response: LONG_PROSE });
}

const there = await canTestChromium();

describe.runIf(there).concurrent('in a browser', () => {
  beforeAll(startAll);
  afterAll(stopAll);

  it('an EventSource reads to the end, is told that nothing is left, and never asks again', async () => {
    await visiting(named.origin, async ({ page, proxy, statuses }) => {
      const executionId = await write();
      const url = `${proxy.address}/agent-stream/${executionId}`;
      const { events, readyState } = await ask(page, 'readByEventSource', url);
      await expectWhole(executionId, events);
      expect(readyState).toBe(2);
      await delay(COMES_AGAIN_MS + 500);
      expect(statuses).toEqual([200, 204]);
      expect(proxy.visitsTo(executionId).map(({ lastEventId }) => lastEventId)).toEqual([
        undefined,
        String(events.at(-1)?.sequence),
      ]);
    });
  });

  it('an EventSource whose connection breaks comes again with its cursor, and misses and repeats nothing', async () => {
    await visiting(named.origin, async ({ page, proxy }) => {
      const executionId = await write();
      proxy.cutAfterChunks(5);
      const { events } = await ask(page, 'readByEventSource', `${proxy.address}/agent-stream/${executionId}`);
      await expectWhole(executionId, events);
      const [first, second] = proxy.visitsTo(executionId).map(({ lastEventId }) => Number(lastEventId));
      expect(first).toBeNaN();
      expect(second).toBeGreaterThan(0);
      expect(second).toBeLessThan(events.at(-1)?.sequence ?? 0);
    });
  });

  it('a WebSocket is closed with 1000 at the end, and with the code that says what is wrong', async () => {
    await visiting(named.origin, async ({ page, proxy }) => {
      const executionId = await write();
      const sockets = `${proxy.address.replace(/^http/, 'ws')}/agent-stream`;
      const { events, code } = await ask(page, 'readByWebSocket', `${sockets}/${executionId}`);
      await expectWhole(executionId, events);
      expect(code).toBe(1000);
      const badCursor = await ask(page, 'readByWebSocket', `${sockets}/${executionId}?after=-1`);
      expect(badCursor).toEqual({ events: [], code: 4400 });
      expect(await ask(page, 'readByWebSocket', `${sockets}/nobody`)).toEqual({ events: [], code: 4404 });
    });
  });

  it.each([
    ['of the address of the API', () => `${setting.address}/health/live`],
    ['of an origin that is named', () => named.origin],
  ])('a page %s is let in by every door', async (_, origin) => {
    await visiting(origin(), async ({ page }) => {
      if (origin() !== named.origin) await page.addScriptTag({ content: script });
      expect(await ask(page, 'tryEveryDoor', setting.address, await write())).toEqual({
        post: 'readable',
        eventSource: 'readable',
        webSocket: 1000,
        graphqlSocket: 1000,
      });
    });
  });

  it('a page of any other origin gets nothing by any door', async () => {
    await visiting(stranger.origin, async ({ page }) => {
      expect(await ask(page, 'tryEveryDoor', setting.address, await write())).toEqual({
        post: 'TypeError: Failed to fetch',
        eventSource: 'refused',
        webSocket: 4403,
        graphqlSocket: 4403,
      });
    });
  });

  it('a page of any other origin starts nothing with a request that browsers send without asking', async () => {
    await visiting(stranger.origin, async ({ page }) => {
      const mutation = 'mutation ($input: AgentInput!) { createAgent(input: $input) { id } }';
      const request = { query: mutation, variables: { input: { ...AGENT, id: 'intruder' } } };
      await ask(page, 'sendBlindly', `${setting.address}/graphql`, JSON.stringify(request));
      expect(await graphql(setting.address, '{ agent(id: "intruder") { id } }')).toEqual({ agent: null });
    });
  });

  it.each(['readByApollo', 'readByUrql'] as const)(
    '%s ends with the stored answer, also when its connection breaks on the way',
    async (read) => {
      await visiting(named.origin, async ({ page, proxy }) => {
        const executionId = await write();
        proxy.cutAfterChunks(5);
        const { text, finalResponse } = await ask(page, read, proxy.address, executionId);
        expect(text).toBe(await storedText(executionId));
        expect(finalResponse).toBe(text);
        expect(proxy.visitsTo('graphql')).toHaveLength(2);
      });
    },
  );

  it.each(['errorCodesByApollo', 'errorCodesByUrql'] as const)('%s are those of the catalogue', async (codes) => {
    await visiting(named.origin, async ({ page, proxy }) => {
      const expected = { query: 'NOT_FOUND', subscription: 'NOT_FOUND' };
      expect(await ask(page, codes, proxy.address)).toEqual(expected);
    });
  });

  it('useExecution shows the text as it grows, over a broken connection and its own renders, to the stored answer', async () => {
    await visiting(named.origin, async ({ page, proxy }) => {
      const executionId = await write();
      proxy.cutAfterChunks(5);
      await ask(page, 'showExecution', { url: proxy.address, executionId });
      await page.getByText('Sentence 0 ').waitFor();
      expect(await page.getByRole('article').getAttribute('aria-busy')).toBe('true');
      for (const times of [0, 1]) await page.getByText(`Clicked ${times} times`).click();
      await page.getByText('as it was streamed').waitFor();
      expect(await page.locator('pre').textContent()).toBe(await storedText(executionId));
      const [first, second, ...more] = proxy.visitsTo(executionId).map(({ lastEventId }) => lastEventId);
      expect(first).toBeUndefined();
      expect(Number(second)).toBeGreaterThan(0);
      expect(more).toEqual([]);
    });
  });

  it('useExecution begins anew with another execution, and closes its connection when the component goes', async () => {
    await visiting(named.origin, async ({ page, proxy }) => {
      const first = await write();
      await ask(page, 'showExecution', { url: proxy.address, executionId: first });
      await page.getByText('Sentence 0 ').waitFor();
      const second = await write();
      await ask(page, 'showExecution', { url: proxy.address, executionId: second });
      while (proxy.visitsTo(second).length === 0) await delay(10);
      await connectionClosed(proxy, first);
      expect(proxy.visitsTo(second).map(({ isOpen }) => isOpen())).toEqual([true]);
      await ask(page, 'leaveExecution');
      await connectionClosed(proxy, second);
    });
  });

  it('useExecution says why it was refused', async () => {
    await visiting(named.origin, async ({ page, proxy }) => {
      await ask(page, 'showExecution', { url: proxy.address, executionId: 'nobody' });
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').textContent()).toBe('NOT_FOUND');
      expect(proxy.visitsTo('nobody')).toHaveLength(1);
    });
  });
});
