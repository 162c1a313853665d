import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { createAgent, execution, graphql } from '../support/api-client.js';
import { databaseContents } from '../support/database-contents.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';
import { temporalHistories } from '../support/temporal-histories.js';

const KEY = 'planted-key/with+signs=0123456789';
const HEADER_SECRET = 'planted"header\\secret-0123456789';
const FORMS = [KEY, HEADER_SECRET].flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  encodeURIComponent(secret).toLowerCase(),
  // Also within something longer: the letters that do not depend on what comes before and after.
  ...['', 'x', 'xx'].map((before) =>
    Buffer.from(before + secret)
      .toString('base64')
      .slice(4, -4),
  ),
]);

/** What a provider may do with what it was sent: each gives both secrets back in a place of its own. */
const ECHOES: Readonly<Record<string, (seen: string, response: ServerResponse) => void>> = {
  'error-body': (seen, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `no such key: ${seen}`, code: seen, type: seen } }));
  },
  base64: (seen, response) => {
    response.writeHead(400, { 'x-request-id': Buffer.from(KEY).toString('base64') });
    response.end(JSON.stringify({ error: { message: `bad request: ${Buffer.from(seen).toString('base64')}` } }));
  },
  'server-error': (seen, response) => response.writeHead(500).end(`failed on ${seen}`),
  redirect: (seen, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:9/?key=${encodeURIComponent(seen)}` }).end(),
  headers: (_, response) => {
    response.writeHead(429, { 'x-request-id': KEY, 'retry-after': '0', 'x-seen': KEY });
    response.end(JSON.stringify({ error: { message: KEY } }));
  },
  'stream-error': (seen, response) => {
    beginStream(response);
    response.end(CHAT.text('So far ') + `data: ${JSON.stringify({ error: { message: seen, type: seen } })}\n\n`);
  },
  garbage: (seen, response) => {
    beginStream(response);
    response.end(`data: {"choices": ${seen}\n\n`);
  },
  page: (seen, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${seen}</html>`),
  works: (_, response) => {
    beginStream(response);
    response.end(CHAT.text('All is well.') + CHAT.finish('stop'));
  },
};

describe('a key, and a secret in a header', () => {
  let folder: string;
  let provider: FaultServer;
  let foreign: FaultServer;
  let database: TestDatabase;
  let setting: Setting;
  let everything: SpawnedProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
    await writeFile(join(folder, 'openai'), `${KEY}\n`);
    [provider, foreign, database] = await Promise.all([startFaultServer(), startFaultServer(), createTestDatabase()]);
    provider.behave(echo);
    foreign.behave(echo);
    setting = await newSetting({
      OPENAI_API_KEY_FILE: join(folder, 'openai'),
      OPENAI_BASE_URL: provider.baseUrl,
      CREDENTIAL_PLANTED: HEADER_SECRET,
      CREDENTIAL_PLANTED_HOSTS: new URL(provider.root).host,
      STORAGE_URL: database.url,
      LOG_LEVEL: 'trace',
    });
    everything = await startEverything(setting);
  });

  afterAll(async () => {
    await everything.stop();
    await Promise.all([provider.stop(), foreign.stop(), setting.remove(), rm(folder, { recursive: true })]);
    await database.drop();
  });

  async function run(agentId: string): Promise<string> {
    const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(
      setting.address,
      'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }',
      { input: { agentId, input: { text: 'a document' } } },
    );
    return executeAgent.id;
  }

  async function agentOn(id: string, llmProvider: object): Promise<void> {
    const prompts = { system: 'You review.', userTemplate: '{text}' };
    await createAgent(setting.address, { id, name: id, llmProvider, prompts });
  }

  it('go out with a call, and appear nowhere else, whatever a provider does', { tags: 'no-secrets' }, async () => {
    const headers = { 'X-Team-Secret': '${CREDENTIAL_PLANTED}' };
    const names = Object.keys(ECHOES);
    for (const model of names) await agentOn(model, { type: 'openai', model, headers });
    const ids = await Promise.all(names.map((name) => run(name)));
    const viewers = ids.map(() => new StreamViewer());
    await Promise.all(viewers.map((viewer, index) => viewer.watch(setting.address, ids[index] ?? '')));
    expect(viewers.map(({ last }) => last?.eventType)).toEqual(
      names.map((name) => (name === 'works' ? 'completed' : 'failed')),
    );
    expect(provider.headers[0]).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-team-secret': HEADER_SECRET });

    const found = new Map([
      ['streams', JSON.stringify(viewers.map(({ events }) => events))],
      ['the API', JSON.stringify(await graphql(setting.address, EVERYTHING))],
      ['Temporal', await temporalHistories(setting.temporalAddress)],
      ['storage', await databaseContents(database.url)],
    ]);
    await everything.stop();
    found.set('logs', everything.output);
    everything = await startEverything(setting);
    for (const [where, text] of found) {
      expect(text.length, where).toBeGreaterThan(500);
      expect(
        FORMS.filter((form) => text.includes(form)),
        where,
      ).toEqual([]);
    }
  });

  it('do not go to another address: a foreign base URL gets no key', async () => {
    await agentOn('foreign', { type: 'openai', model: 'works', baseUrl: foreign.baseUrl });
    const viewer = new StreamViewer();
    const id = await run('foreign');
    await viewer.watch(setting.address, id);
    expect(await execution(setting.address, id)).toMatchObject({ status: 'COMPLETED' });
    expect(foreign.headers[0]).not.toHaveProperty('authorization');
    await agentOn('unbound', {
      type: 'custom',
      model: 'works',
      baseUrl: foreign.baseUrl,
      credential: 'CREDENTIAL_PLANTED',
    });
    const refused = await run('unbound');
    await new StreamViewer().watch(setting.address, refused);
    expect(await execution(setting.address, refused)).toMatchObject({ status: 'FAILED', errorCode: 'auth' });
    expect(foreign.bodies).toHaveLength(1);
  });

  it('do not go within: only to inner hosts that are allowed, whenever the agent was saved', async () => {
    const inner = { type: 'custom', model: 'works', baseUrl: foreign.baseUrl, credential: 'CREDENTIAL_INNER' };
    await agentOn('inner', inner);
    await agentOn('placed', { type: 'custom', model: 'works', baseUrl: provider.baseUrl });
    await everything.stop();
    const environment = {
      ...setting.environment,
      ALLOWED_PRIVATE_HOSTS: 'box.internal',
      CREDENTIAL_INNER: HEADER_SECRET,
      CREDENTIAL_INNER_HOSTS: new URL(foreign.root).host,
    };
    everything = await startEverything({ ...setting, environment });
    const before = foreign.opened;
    const refused = await run('inner');
    await new StreamViewer().watch(setting.address, refused);
    expect(await execution(setting.address, refused)).toMatchObject({ status: 'FAILED', errorCode: 'host_forbidden' });
    expect(foreign.opened).toBe(before);
    await expect(agentOn('inner-2', inner)).rejects.toThrow(/VALIDATION_FAILED.*HOST_FORBIDDEN/);
    // Where OPENAI_BASE_URL has put a provider, anybody may go.
    const allowed = await run('placed');
    await new StreamViewer().watch(setting.address, allowed);
    expect(await execution(setting.address, allowed)).toMatchObject({ status: 'COMPLETED' });
  });

  it.each(['STREAM_AUTH_SECRET', 'OPENAI_API_KEY', 'sk-a-key-itself'])('%s is no credential', async (credential) => {
    const refusing = agentOn('refused', { type: 'custom', model: 'm', baseUrl: foreign.baseUrl, credential });
    await expect(refusing).rejects.toThrow(/VALIDATION_FAILED.*CREDENTIAL_INVALID/);
  });
});

function echo(request: IncomingMessage, response: ServerResponse, body: unknown): void {
  const seen = `${String(request.headers.authorization)} ${String(request.headers['x-team-secret'])}`;
  const { model = 'works' } = (body ?? {}) as { model?: string };
  (ECHOES[model] ?? ECHOES['works'])?.(seen, response);
}

const EVERYTHING = `{
  agents { id llmProvider { headers credential options } }
  agentExecutions(first: 100) { nodes {
    id status errorCode errorMessage warnings finalResponse input
    attempts { outcome errorCode errorMessage providerRequestId }
  } }
  llmProviders { type baseUrl works message models }
}`;
