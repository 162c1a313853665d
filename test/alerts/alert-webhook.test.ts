import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AlertWebhook } from '../../src/alerts/alert-webhook.js';
import { alertMessage } from '../../src/core/alerts/alert-message.js';
import type { Alert } from '../../src/core/alerts/alert.js';
import { hostRuleOf } from '../../src/core/web-hosts.js';
import { openWebAccess, type OpenWebAccess } from '../../src/http/open-web-access.js';
import { MemoryAlertStore } from '../../src/storage/memory/alerts.js';
import { NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../support/memory-logger.js';

const KEY = Buffer.from('a key that only both of us know');
const TICK_MS = 10_000;
const HOUR = 3_600_000;

interface Seen {
  readonly id: string;
  readonly type: string;
  readonly url: string;
}

/** A receiver that looks at signatures, as its library would, and answers as it is told to. */
class Receiver {
  readonly seen: Seen[] = [];
  answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#take(request).then(() => {
        this.answer(response);
      });
    });
  }

  /** At the port where it was before, where it had one. */
  async open(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const body = Buffer.concat(parts).toString('utf8');
    const [id, timestamp] = [String(request.headers['webhook-id']), String(request.headers['webhook-timestamp'])];
    const signature = createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64');
    expect(request.method).toBe('POST');
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-signature': `v1,${signature}`,
    });
    this.seen.push({ id, type: (JSON.parse(body) as { type: string }).type, url: request.url ?? '' });
  }
}

describe('the webhook of alerts', () => {
  let nowMs: number;
  let alerts: MemoryAlertStore;
  let logger: MemoryLogger;
  let receiver: Receiver;
  let url: string;
  let webs: OpenWebAccess[];

  beforeEach(async () => {
    nowMs = Date.parse(NOW);
    alerts = new MemoryAlertStore(() => nowMs);
    logger = new MemoryLogger();
    receiver = new Receiver();
    url = `${await receiver.open()}/hook?token=secret-of-the-address`;
    webs = [];
  });
  afterEach(async () => {
    await receiver.close();
    for (const web of webs) await web.close();
  });

  function aProcess(fields: { timeoutMs?: number; web?: Pick<OpenWebAccess, 'send'> } = {}): AlertWebhook {
    const hosts = [hostRuleOf(new URL(url))];
    const web = openWebAccess({ hosts, privateHosts: hosts });
    webs.push(web);
    return new AlertWebhook({ alerts, web, url, key: KEY, logger, now: () => nowMs, ...fields });
  }

  const alert = (id: string): Alert => ({
    ...{ id, name: 'LOG_BEHIND', subject: id, since: NOW, value: 12, threshold: 10, summary: 'it waits' },
  });
  const fire = (id: string) => alerts.fire(alert(id), alertMessage(alert(id)));
  const end = (id: string) => {
    const over = { ...alert(id), endedAt: NOW };
    return alerts.end(over, alertMessage(over));
  };
  const ids = () => receiver.seen.map(({ id }) => id);
  const pass = async (ms: number, ...processes: readonly AlertWebhook[]) => {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      nowMs += TICK_MS;
      await Promise.all(processes.map((one) => one.deliver()));
    }
  };
  const waits = async () => (await alerts.takeMessage(0)) !== undefined;

  it('gets what is to be told, signed, each once, in order for each alert, from whichever process', async () => {
    await fire('a');
    await end('a');
    await fire('b');
    await pass(TICK_MS, aProcess(), aProcess());
    expect(ids().filter((id) => id !== 'msg_b_fired')).toEqual(['msg_a_fired', 'msg_a_resolved']);
    expect(ids()).toHaveLength(3);
    expect(receiver.seen[0]).toEqual({
      id: 'msg_a_fired',
      type: 'alert.fired',
      url: '/hook?token=secret-of-the-address',
    });
    expect(await waits()).toBe(false);
    expect(logger.lines).toEqual([]);
  });

  it('loses nothing while the receiver is down for an hour, and asks it more and more rarely', async () => {
    const { port } = new URL(url);
    const processes = [aProcess(), aProcess()];
    await receiver.close();
    await fire('a');
    await pass(HOUR / 2, ...processes);
    await end('a');
    await fire('b');
    // It is up, and not well.
    let asked = 0;
    receiver = new Receiver();
    receiver.answer = (response) => {
      asked += 1;
      response.writeHead(503).end();
    };
    await receiver.open(Number(port));
    await pass(HOUR / 2, ...processes);
    expect(asked).toBeLessThan(25);
    receiver.seen.length = 0;
    receiver.answer = (response) => response.writeHead(200).end('thanks');
    await pass(HOUR / 6, ...processes);
    expect([...ids()].sort()).toEqual(['msg_a_fired', 'msg_a_resolved', 'msg_b_fired']);
    expect(ids().indexOf('msg_a_fired')).toBeLessThan(ids().indexOf('msg_a_resolved'));
    expect(await waits()).toBe(false);
    const levels = logger.lines.map(({ level }) => level);
    expect(levels.filter((level) => level === 'warn').length).toBeLessThanOrEqual(processes.length);
    expect(levels).toContain('info');
    expect(JSON.stringify(logger.lines)).not.toContain('secret-of-the-address');
  });

  it('does not wait for a receiver that does not answer, and asks it again', async () => {
    const held: ServerResponse[] = [];
    receiver.answer = (response) => void held.push(response);
    await fire('a');
    await pass(TICK_MS, aProcess({ timeoutMs: 50 }));
    expect(await waits()).toBe(false);
    expect(logger.lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('no answer') as string }]);
    receiver.answer = (response) => response.writeHead(200).end();
    await pass(TICK_MS, aProcess());
    expect(new Set(ids())).toEqual(new Set(['msg_a_fired']));
    expect(await waits()).toBe(false);
    expect(logger.lines).toHaveLength(1);
  });

  it('gets nothing more from any process once it has answered 410, until one starts', async () => {
    receiver.answer = (response) => response.writeHead(410).end();
    for (const id of ['a', 'b', 'c']) await fire(id);
    const [one, other] = [aProcess(), aProcess()];
    await one.deliver();
    await pass(HOUR, one, other);
    expect(receiver.seen).toHaveLength(1);
    expect(await one.wantsMessages()).toBe(false);
    expect(logger.lines).toMatchObject([{ level: 'error', facts: { dropped: 3 } }]);
    receiver.answer = (response) => response.writeHead(204).end();
    const started = aProcess();
    await started.begin();
    await fire('d');
    await pass(TICK_MS, started);
    expect(ids().slice(1)).toEqual(['msg_d_fired']);
  });

  it.each(['elsewhere', 'the same server'])('follows no redirect, as to %s, and takes it for a failure', async (to) => {
    const inside = new Receiver();
    const address = await inside.open();
    try {
      for (const status of [301, 302, 303, 307, 308]) {
        const location = to === 'elsewhere' ? `${address}/inside` : '/moved';
        receiver.answer = (response) => response.writeHead(status, { location }).end();
        await fire(`r${status}`);
        await pass(TICK_MS, aProcess());
        expect(receiver.seen.at(-1)).toMatchObject({ id: `msg_r${status}_fired`, url: /^\/hook/ });
        await alerts.dropAllMessages();
      }
    } finally {
      await inside.close();
    }
    expect(inside.seen).toEqual([]);
    expect(receiver.seen.map(({ url: asked }) => asked.slice(0, 5))).toEqual(Array(5).fill('/hook'));
    expect(logger.lines.map(({ level }) => level)).toEqual(Array(5).fill('warn'));
  });

  it('gets what a process was about to send when it died, from another one', async () => {
    await fire('a');
    const dying = aProcess({ web: { send: () => new Promise<never>(() => undefined) } });
    void dying.deliver();
    await eventually(async () => {
      expect(await waits()).toBe(false);
    });
    const left = aProcess();
    await left.deliver();
    expect(ids()).toEqual([]);
    await pass(60_000, left);
    expect(ids()).toEqual(['msg_a_fired']);
  });

  it('knows by its id what it had, where a process died before it noted so', async () => {
    await fire('a');
    const drop = alerts.dropMessage.bind(alerts);
    alerts.dropMessage = () => Promise.reject(new Error('away'));
    await pass(TICK_MS, aProcess());
    alerts.dropMessage = drop;
    await end('a');
    await pass(60_000, aProcess());
    expect(ids()).toEqual(['msg_a_fired', 'msg_a_fired', 'msg_a_resolved']);
  });

  it('is not told what is a day old, and the log says so', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    await fire('old');
    for (let hour = 0; hour < 24; hour += 1) {
      nowMs += HOUR;
      await aProcess().deliver();
    }
    expect(receiver.seen).toHaveLength(24);
    await pass(2 * TICK_MS, aProcess());
    nowMs += HOUR;
    await aProcess().deliver();
    expect(receiver.seen).toHaveLength(24);
    expect(await waits()).toBe(false);
    expect(logger.lines.at(-1)).toMatchObject({
      level: 'error',
      message: expect.stringContaining('given up') as string,
    });
  });

  it('lets go of what is under way when its process ends, and leaves it to others', async () => {
    receiver.answer = () => undefined;
    await fire('a');
    const ending = aProcess();
    const delivering = ending.deliver();
    await eventually(() => {
      expect(receiver.seen).toHaveLength(1);
    });
    await ending.close();
    await delivering;
    expect(logger.lines).toEqual([]);
    receiver.answer = (response) => response.writeHead(204).end();
    await pass(60_000, aProcess());
    expect(ids()).toEqual(['msg_a_fired', 'msg_a_fired']);
  });
});
