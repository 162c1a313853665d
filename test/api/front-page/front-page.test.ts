import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Token } from '../../../src/core/tokens/token.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';

const HOSTILE = `"><script>alert('1')</script>&\u202e\u001b[2J`;

let api: ApiUnderTest;

beforeEach(async () => {
  api = await apiUnderTest();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await api.stop();
});

async function open(accept = 'text/html', url = '/') {
  return await api.app.inject({ method: 'GET', url, headers: { accept } });
}

async function record(fields: Partial<Token>): Promise<void> {
  const token = aToken(aDefinition(), fields);
  await api.storage.tokens.record({ token, runId: token.id, events: [], executions: [] });
}

describe('the front page', () => {
  it('says what runs, and leads to the IDE, the Temporal UI and the guides', async () => {
    const { body } = await open();
    for (const part of ['Version 1.2.3', '127.0.0.1:7233, namespace default', 'the mock only']) {
      expect(body).toContain(part);
    }
    for (const link of ['graphiql', 'http://localhost:8233', 'guides/errors', 'health/ready']) {
      expect(body).toContain(`href="${link}"`);
    }
    expect(body).not.toContain('does not answer');
  });

  it('names the tools that workers offer, as many as fit into a line', async () => {
    expect((await open()).body).toContain('none that a worker offers');
    const names = Array.from({ length: 14 }, (_, index) => `tool_${String.fromCodePoint(97 + index)}`);
    const rest = { description: 'Does it.', parameters: { type: 'object' }, idempotent: true, needsApproval: false };
    const offers = names.map((name) => ({ name, ...rest, timeoutSeconds: 30 }));
    await api.storage.tools.offer(offers, NOW, '');
    for (const type of ['text/html', 'text/plain']) {
      expect((await open(type)).body).toContain('tool_a, tool_b,');
      expect((await open(type)).body).toContain('tool_l, 2 more');
    }
    expect((await open('application/json')).json()).toMatchObject({ tools: names });
  });

  it('names MCP servers with the number of their tools, behind the tools that are named alone', async () => {
    const rest = { description: 'Does it.', parameters: { type: 'object' }, idempotent: true, needsApproval: false };
    const names = ['mcp/shop/find', 'mcp/shop/pay', 'order_more'];
    const offers = names.map((name) => ({ name, ...rest, timeoutSeconds: 30 }));
    await api.storage.tools.offer(offers, NOW, '');
    expect((await open('text/plain')).body).toContain('order_more, mcp/shop/* (2)');
  });

  it('shows the newest tokens with place, status and age, and leads to their history', async () => {
    await record({ id: 'a:1', place: 'reviewed', createdAt: '2026-11-23T04:48:00.000Z' });
    const incident = { code: 'rate_limit', message: 'Later.', since: NOW } as const;
    await record({ id: 'b', place: 'submitted', incident, createdAt: '2026-11-23T04:59:30.000Z' });
    const { body } = await open();
    expect(body).toContain('href="http://localhost:8233/namespaces/default/workflows/a%3A1"');
    expect(body).toMatch(
      /b<\/code>.*submitted.*active, stuck: rate_limit.*30 s ago.*a:1<\/code>.*reviewed.*12 min ago/s,
    );
  });

  it('names the transition whose agent runs', async () => {
    await record({ id: 'a', pending: { transitionId: 'ai_review', executionId: 'a:ai_review:1', since: NOW } });
    expect((await open()).body).toContain('active, ai_review is running');
  });

  it('says what to do where there is no token yet', async () => {
    expect((await open()).body).toContain('npm run demo');
  });

  it('shows what users have named as text, whatever is in it', async () => {
    await record({ id: 'a', workflowId: HOSTILE, place: HOSTILE });
    const { body } = await open();
    const escaped = '&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;&#60;U+202E&#62;␛[2J';
    expect(body.split(escaped)).toHaveLength(3);
    for (const sign of ['<script', '\u202e', '\u001b']) expect(body).not.toContain(sign);
    const text = (await open('*/*')).body;
    expect(text).toContain('<U+202E>␛[2J');
    for (const sign of ['\u202e', '\u001b']) expect(text).not.toContain(sign);
  });

  it('needs no script and no other host, and is not to be framed', async () => {
    const { body, headers } = await open();
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'self';.*frame-ancestors 'none'/,
    );
    expect(body).not.toMatch(/<script|<style| style=| on[a-z]+=/i);
    expect((await open('text/css', '/front-page.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  });

  it.each([
    ['fails', () => vi.spyOn(api.storage.tokens, 'list').mockRejectedValue(new Error('gone'))],
    ['hangs', () => vi.spyOn(api.storage.tokens, 'list').mockReturnValue(new Promise(() => undefined))],
  ])('is answered, and says so, when storage %s', async (_name, takeAway) => {
    takeAway();
    const { statusCode, body } = await open();
    expect(statusCode).toBe(200);
    expect(body).toMatch(/Storage<\/dt>\s*<dd>memory <strong class="away">does not answer/);
    expect(body).toContain('Storage does not answer: the tokens are shown when it is back.');
  });

  it('asks a storage that hangs once for all who come', async () => {
    const list = vi.spyOn(api.storage.tokens, 'list').mockReturnValue(new Promise(() => undefined));
    await Promise.all([open(), open(), open()]);
    await open();
    expect(list).toHaveBeenCalledTimes(1);
  });

  it('says when Temporal does not answer', async () => {
    api.temporal.failure = new Error('gone');
    expect((await open()).body).toMatch(/namespace default <strong class="away">does not answer/);
  });
});

describe('the front page for others than browsers', () => {
  it('is a few lines of text for a terminal', async () => {
    await record({ id: 'a', place: 'reviewed', createdAt: '2026-11-23T04:48:00.000Z' });
    const { body, headers } = await open('*/*');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(body).toBe(`Circuit Breaker 1.2.3
  Storage      memory
  Streams      where everything else is stored
  Temporal     127.0.0.1:7233, namespace default
  Models       the mock only
  Tools        none that a worker offers
  GraphQL      /graphql   (IDE: /graphiql)
  Temporal UI  http://localhost:8233
  Guides       /guides/errors
Newest tokens
  a  review: in reviewed, active, 12 min ago
`);
  });

  it('is JSON for a program, with null for what cannot be known', async () => {
    await record({ id: 'a', place: 'reviewed', createdAt: NOW });
    const token = { id: 'a', place: 'reviewed', status: 'ACTIVE', pending: null, incident: null, createdAt: NOW };
    expect((await open('application/json')).json()).toMatchObject({
      version: '1.2.3',
      temporal: { address: '127.0.0.1:7233', answers: true },
      tokens: [token],
    });
    vi.spyOn(api.storage.tokens, 'list').mockRejectedValue(new Error('gone'));
    expect((await open('application/json')).json()).toMatchObject({ storage: { answers: false }, tokens: null });
  });

  it('says to caches that it depends on what is accepted', async () => {
    expect((await open()).headers).toMatchObject({ vary: 'accept', 'cache-control': 'no-store' });
  });
});

it('a guide is text that can be read where it is', async () => {
  const { body, headers } = await open('text/html', '/guides/errors');
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(body).toBe('# Errors and what to do\n');
});
