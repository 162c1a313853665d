import { readFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { newPreparedSetting, type Setting } from '../support/everything.js';
import { freePort } from '../support/free-port.js';
import { SpawnedProcess } from '../support/spawned-process.js';

interface Refund {
  readonly number: string;
  readonly amount: number;
  readonly reason: string;
}

describe('the support ticket, from its arrival to the reply', () => {
  let setting: Setting;

  beforeEach(async () => {
    setting = await newPreparedSetting({ ORDERS_URL: `http://127.0.0.1:${await freePort()}` });
  });

  afterEach(async () => {
    await setting.remove();
  });

  async function handle(typed?: string): Promise<string> {
    const options = { args: ['--example', 'support-ticket'], ...(typed === undefined ? {} : { typed }) };
    const demo = SpawnedProcess.start('demo', setting.environment, options);
    expect(await demo.exit(), demo.output).toBe(0);
    return demo.output;
  }

  /** What the order system has paid back. */
  async function refunds(): Promise<readonly Refund[]> {
    try {
      const file = `${setting.environment['DATA_DIR'] ?? ''}/support-ticket-refunds.json`;
      const books = JSON.parse(await readFile(file, 'utf8')) as readonly (readonly [key: string, Refund])[];
      return books.map(([, refund]) => refund);
    } catch {
      return [];
    }
  }

  it('looks the order up, reads the handbook, asks, and pays back what a person has approved with a change', async () => {
    const changed = { number: '1042', amount: 10, reason: 'We agreed on 10 EUR.' };
    const output = await handle(`what?\n${JSON.stringify({ ...changed, amount: -1 })}\n${JSON.stringify(changed)}\n`);
    expect(output).toMatch(/→ lookup_order .*"1042"/);
    expect(output).toMatch(/→ mcp\/handbook\/read_page/);
    expect(output).toContain('within 14 days');
    expect(output).toMatch(/asks to call refund_order/);
    expect(output.split('Approve it?')).toHaveLength(4);
    expect(output).toContain('open ─ handle → handled ─ close_refunded → refunded');
    expect(await refunds()).toMatchObject([changed]);
  });

  it('is one of the examples that the demo names where it knows none of that name', async () => {
    const demo = SpawnedProcess.start('demo', setting.environment, { args: ['--example', 'support'] });
    expect(await demo.exit()).toBe(2);
    expect(demo.output).toContain('There is no example "support": there are document-review and support-ticket.');
  });

  it.each([
    ['a person says no', 'n it is too much\n'],
    ['nobody is there to be asked', undefined],
  ])('pays nothing back where %s, and hands the ticket over', async (_name, typed) => {
    const output = await handle(typed);
    expect(output).toContain('open ─ handle → handled ─ escalate → escalated');
    expect(await refunds()).toEqual([]);
  });
});
