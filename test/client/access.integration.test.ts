import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AccessTokens } from '../../src/api/access/access-tokens.js';
import { StreamTickets } from '../../src/api/access/stream-tickets.js';
import { StreamError, watchExecution, type Access } from '../../src/client/index.js';
import { apiUnderTest, TICKET_SECRET, type ApiUnderTest } from '../support/api-under-test.js';

/** Of an execution that has ended. */
const DONE = 'done';
const KEY = 'cb_reader';

let api: ApiUnderTest;
let address = '';
const tokens = new AccessTokens();
const known = (name: string, token: string) => ({
  name,
  sha256: createHash('sha256').update(token).digest('hex'),
  role: 'read' as const,
});

beforeAll(async () => {
  tokens.replace([known('reader', KEY)]);
  api = await apiUnderTest({ checks: [tokens] });
  address = await api.listen();
  const writer = await api.streams.open(DONE, { epoch: 1, turn: 1, reason: 'first' });
  await writer.append([{ eventType: 'content_chunk', content: 'abc' }]);
  const usage = { inputTokens: 1, outputTokens: 3, totalTokens: 4 };
  const sha256 = createHash('sha256').update('abc').digest('hex');
  const body = { eventType: 'completed', final_response: 'abc', length: 3, sha256, usage } as const;
  await api.streams.close(DONE, { turn: 1, attempt: 1, body });
});
afterAll(async () => {
  await api.stop();
});

async function textWith(access: Access): Promise<string> {
  const watched = watchExecution({ url: address, executionId: DONE, access });
  await watched.finished();
  return watched.view.text;
}

const ticketFor = async (id: string, now = Date.now()) => {
  const tickets = new StreamTickets({ secrets: [TICKET_SECRET], lifeSeconds: 60 });
  return (await tickets.make(id, { by: 'token', name: 'reader', role: 'read' }, now)).ticket;
};

describe('a client where callers have to show who they are', () => {
  it('watches with a token, or a ticket in the address', async () => {
    expect(await textWith({ token: KEY })).toBe('abc');
    expect(await textWith({ token: () => KEY })).toBe('abc');
    expect(await textWith({ ticket: await ticketFor(DONE) })).toBe('abc');
  });

  it.each<[string, Access | undefined]>([
    ['nothing', undefined],
    ['a wrong token', { token: 'cb_nobody' }],
    ['a wrong token again and again', { token: () => Promise.resolve('cb_nobody') }],
    ['a ticket that is none', { ticket: 'x' }],
  ])('is refused for good where it shows %s', async (_, access) => {
    const watched = watchExecution({ url: address, executionId: DONE, ...(access === undefined ? {} : { access }) });
    await expect(watched.finished()).rejects.toMatchObject({ name: 'StreamError', code: 'UNAUTHENTICATED' });
  });

  it("is refused with another execution's ticket, which no other one would mend", async () => {
    let asked = 0;
    const ticket = async () => {
      asked += 1;
      return await ticketFor('other');
    };
    await expect(textWith({ ticket })).rejects.toBeInstanceOf(StreamError);
    expect(asked).toBe(1);
  });

  it('gets another ticket when the one that it has is refused', async () => {
    const given = [await ticketFor(DONE, Date.now() - 3_600_000), await ticketFor(DONE)];
    expect(await textWith({ ticket: () => given.shift() ?? '' })).toBe('abc');
    expect(given).toEqual([]);
  });

  it('asks again where no ticket could be made', async () => {
    let asked = 0;
    const ticket = async () => {
      asked += 1;
      if (asked === 1) throw new Error('the server that makes tickets is away');
      return await ticketFor(DONE);
    };
    expect(await textWith({ ticket })).toBe('abc');
    expect(asked).toBe(2);
  });
});

describe('a stream that goes on', () => {
  it('ends for those whose token is taken away, and goes on for those who have another', async () => {
    const open = await api.streams.open('open', { epoch: 1, turn: 1, reason: 'first' });
    await open.append([{ eventType: 'content_chunk', content: 'a' }]);
    tokens.replace([known('reader', KEY), known('former', 'cb_former'), known('next', 'cb_next')]);
    const former = watchExecution({ url: address, executionId: 'open', access: { token: 'cb_former' } });
    const given = ['cb_former', 'cb_next'];
    const renewed = watchExecution({ url: address, executionId: 'open', access: { token: () => given.shift() ?? '' } });
    const seen = new Promise<void>((resolve) => {
      const left = new Set([former, renewed]);
      for (const one of left) {
        one.subscribe(() => {
          left.delete(one);
          if (left.size === 0) resolve();
        });
      }
    });
    const [refused, finished] = [former.finished().catch((error: unknown) => error), renewed.finished()];
    await seen;
    tokens.replace([known('reader', KEY), known('next', 'cb_next')]);
    expect(await refused).toMatchObject({ code: 'UNAUTHENTICATED' });
    const usage = { inputTokens: 1, outputTokens: 3, totalTokens: 4 };
    const sha256 = createHash('sha256').update('a').digest('hex');
    const body = { eventType: 'completed', final_response: 'a', length: 1, sha256, usage } as const;
    await api.streams.close('open', { turn: 1, attempt: 1, body });
    expect(await finished).toMatchObject({ eventType: 'completed' });
    expect(renewed.view.text).toBe('a');
    expect(given).toEqual([]);
  });
});
