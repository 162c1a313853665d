import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { eventually } from '../support/eventually.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';

/** One that opens, and one that does not: neither is known to the environment, which hides what it knows. */
const OPENS = 'cb_planted-token-that-opens-0123456789-abcdefgh';
const WRONG = 'planted.token.that.opens.nothing';
const DOCUMENT = 'Planted: Mrs Example owes 12,345 and is ill.';
const PLANTED = [OPENS, WRONG, DOCUMENT, encodeURIComponent(DOCUMENT), JSON.stringify(DOCUMENT).slice(1, -1)];

const WORKFLOW = {
  id: 'w',
  name: 'W',
  places: ['asked', 'answered'],
  initialPlace: 'asked',
  transitions: [
    { id: 'answer', fromPlaces: ['asked'], toPlace: 'answered', agentExecution: { agentId: 'nobody-there' } },
    { id: 'close', fromPlaces: ['asked'], toPlace: 'answered' },
  ],
};
const AGENT = {
  id: 'nobody-there',
  name: 'A',
  llmProvider: { type: 'custom', model: 'm', baseUrl: 'http://127.0.0.1:9/v1' },
  prompts: { system: DOCUMENT, userTemplate: `${DOCUMENT} {input_data}` },
};

let setting: Setting;
let everything: SpawnedProcess;
/** Errors that were answered, and reasons why sockets were closed. */
let refusals: string[];

async function start(environment: Record<string, string>): Promise<void> {
  refusals = [];
  setting = await newSetting(environment);
  const file = join(setting.environment['DATA_DIR'] ?? '', 'tokens.json');
  const sha256 = createHash('sha256').update(OPENS).digest('hex');
  await writeFile(file, JSON.stringify([{ name: 'planter', sha256, role: 'administer' }]));
  const { LOG_LEVEL: _quiet, ...rest } = setting.environment;
  setting = { ...setting, environment: { ...rest, ACCESS_TOKENS_FILE: file } };
  everything = await startEverything(setting);
}

afterEach(async () => {
  await everything.stop();
  await setting.remove();
});

/** Sends a body as it is. What is refused is remembered, unless what it says is about where the planted text does not belong. */
async function post(body: string, { token = OPENS, isQuoted = false } = {}): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${setting.address}/graphql`, { method: 'POST', headers, body });
  const text = await response.text();
  const { errors } = response.ok ? (JSON.parse(text) as { errors?: unknown }) : { errors: text };
  if (errors !== undefined && !isQuoted) refusals.push(JSON.stringify(errors));
  return text;
}

const ask = (query: string, variables: object = {}, how = {}) => post(JSON.stringify({ query, variables }), how);
const createToken = (input: object, how = {}) =>
  ask('mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }', { input }, how);

async function get(path: string, { token = '', isQuoted = false, headers = {} } = {}): Promise<void> {
  const shown = token === '' ? headers : { authorization: `Bearer ${token}` };
  const response = await fetch(`${setting.address}${path}`, { headers: shown });
  const text = await response.text();
  if (!isQuoted) refusals.push(text);
}

/** What a GraphQL socket hears until it is closed, or has been answered so often. */
async function overSocket(shown: object, payloads: readonly object[], path = '/graphql'): Promise<void> {
  const socket = new WebSocket(`${setting.address.replace('http', 'ws')}${path}`, 'graphql-transport-ws');
  socket.on('error', ({ message }) => refusals.push(message));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; id?: string; payload?: { errors?: unknown } };
    if (message.type === 'connection_ack') {
      if (payloads.length === 0) socket.send(DOCUMENT);
      for (const [index, payload] of payloads.entries()) {
        socket.send(JSON.stringify({ type: 'subscribe', id: String(index), payload }));
      }
    }
    if (message.type === 'error') refusals.push(JSON.stringify(message.payload));
    if (message.payload?.errors !== undefined) refusals.push(JSON.stringify(message.payload.errors));
    if (message.id === String(payloads.length - 1)) socket.send(DOCUMENT);
  });
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init', payload: shown }));
  });
  await new Promise<void>((resolve) => {
    socket.on('close', (code, reason) => {
      refusals.push(`${code} ${reason.toString()}`);
      resolve();
    });
  });
}

/** Both by every way in. */
async function plant(): Promise<void> {
  await ask('mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', { input: AGENT });
  await ask('mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }', {
    input: WORKFLOW,
  });
  await createToken({ workflowId: 'w', id: 't', data: { text: DOCUMENT }, metadata: { note: DOCUMENT } });
  await createToken({ workflowId: 'w', id: 't', data: { text: DOCUMENT, other: true } });
  await createToken({ workflowId: 'w', id: 'u', data: DOCUMENT });
  await createToken({ workflowId: 'w', id: 'u', metadata: [DOCUMENT] });
  await createToken({ workflowId: 'w', id: 'u', data: { text: `\ud800${DOCUMENT}`, '\u0000': DOCUMENT } });
  await ask(`mutation { createToken(input: {workflowId: "w", id: "v", data: {text: "${DOCUMENT}}}) { id } }`);
  await ask(`mutation { createToken(input: {workflowId: "w", id: "v", data: {text: "${DOCUMENT}"}}) { nothing } }`);
  await ask('mutation { updateToken(id: "t", expectedVersion: 99, data: {text: $text}) { id } }', { text: DOCUMENT });
  await ask('mutation ($data: JSON) { updateToken(id: "t", expectedVersion: 99, data: $data) { id } }', {
    data: { text: DOCUMENT },
  });
  await ask('mutation { fireTransition(input: {tokenId: "t", transitionId: "answer"}) { execution { id } } }');
  await post(`{"query": "{ agents { id } }", "variables": {"text": "${DOCUMENT}"`);
  await post(JSON.stringify({ query: '{ agents { id } }', variables: DOCUMENT, extensions: { [DOCUMENT]: OPENS } }));
  for (const id of [DOCUMENT, OPENS]) {
    const isQuoted = true;
    await createToken({ workflowId: 'w', id }, { isQuoted });
    await ask('mutation ($id: String!) { cancelToken(id: $id, reason: $id) { id } }', { id }, { isQuoted });
    await ask('mutation ($id: String!) { retryToken(id: $id) { id } }', { id }, { isQuoted });
    await ask('{ auditLog(actor: "x", after: "planted") { nodes { action } } }');
    await get(`/nowhere/${encodeURIComponent(id)}`, { token: OPENS });
    await get(`/agent-stream/${encodeURIComponent(id)}`, { token: OPENS, isQuoted });
    await get(`/graphql?query=${encodeURIComponent(id)}`, { token: OPENS });
  }
  const ticket = await ticketFor('t:answer:1');
  for (const shown of [OPENS, WRONG, ticket]) {
    await get(`/agent-stream/other?ticket=${shown}`);
    await get(`/?ticket=${shown}&access_token=${shown}`);
    await overSocket({}, [], `/agent-stream/other?ticket=${shown}`);
    await overSocket({ ticket: shown }, [{ query: '{ agents { id } }' }]);
    for (const scheme of ['Bearer', 'Basic', '']) {
      await get('/', { headers: { authorization: `${scheme} ${shown}!` } });
      await post('{}', { token: `${shown} ${shown}` });
      await overSocket({ Authorization: `${scheme} ${shown}!` }, []);
    }
  }
  await ask('{ agents { id } }', {}, { token: WRONG });
  await overSocket({ Authorization: `Bearer ${WRONG}` }, []);
  await overSocket({ Authorization: `Bearer ${OPENS}` }, [
    { query: `{ token(id: "${DOCUMENT}` },
    {
      query: 'mutation ($data: JSON) { updateToken(id: "t", expectedVersion: 99, data: $data) { id } }',
      variables: { data: DOCUMENT },
    },
  ]);
  await eventually(async () => {
    expect(await ask('{ auditLog(action: "execution.end") { nodes { outcome } } }')).toContain('failed');
  });
}

async function ticketFor(executionId: string): Promise<string> {
  const text = await ask(`mutation { createStreamTicket(executionId: "${executionId}") { ticket } }`);
  const { data } = JSON.parse(text) as { data: { createStreamTicket: { ticket: string } | null } | null };
  return data?.createStreamTicket?.ticket ?? WRONG;
}

async function lookEverywhere(): Promise<void> {
  await everything.stop();
  const exporting = SpawnedProcess.start('audit', setting.environment, { args: ['export'] });
  await exporting.exit();
  const places = { 'the log': everything.output, errors: refusals.join('\n'), 'the audit': exporting.output };
  for (const [where, text] of Object.entries(places)) {
    expect(text.length, where).toBeGreaterThan(500);
    const lines = text.split('\n').filter((line) => PLANTED.some((planted) => line.includes(planted)));
    expect.soft(lines, where).toEqual([]);
  }
  for (const action of ['createToken', 'cancelToken', 'authenticate', 'execution.end']) {
    expect(exporting.output).toContain(`"action":"${action}"`);
  }
}

describe('a planted token and a planted document', () => {
  it('are in no log, no error and no audit, by whatever way they come in', { tags: 'no-secrets' }, async () => {
    await start({});
    await plant();
    await lookEverywhere();
  });

  describe('where storage breaks', () => {
    let database: TestDatabase;

    afterEach(async () => {
      await database.drop();
    });

    it('are in none of them either', { tags: 'no-secrets' }, async () => {
      database = await createTestDatabase();
      await start({ STORAGE_URL: database.url });
      await plant();
      await onDatabase(database.url, 'alter table circuit_breaker.workflows rename column document to elsewhere');
      await createToken({ workflowId: 'w', id: 'late', data: { text: DOCUMENT } });
      await ask('mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }', {
        input: { ...WORKFLOW, id: 'late', description: DOCUMENT },
      });
      expect(refusals.join()).toContain('INTERNAL');
      await lookEverywhere();
    });
  });
});
