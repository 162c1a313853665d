import { createClient, type Client } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { TokenFeed } from '../../../src/api/token-events/token-feed.js';
import { tokenUpdates } from '../../../src/api/token-events/token-updates.js';
import { workflowEvents } from '../../../src/api/token-events/workflow-events.js';
import type { Token, TokenEventType } from '../../../src/core/tokens/token.js';
import type { TokenStore } from '../../../src/storage/token-store.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { aDefinition, aToken, aWorkflow, NOW } from '../../support/builders.js';
import { anExecution } from '../../storage/contract/execution-store.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';

const ID = 'doc-1';
const definition = aDefinition();

let api: ApiUnderTest;
let client: Client;
let version = 0;

beforeEach(async () => {
  api = await apiUnderTest();
  client = createClient({ url: `${(await api.listen()).replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  await api.storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
  version = 0;
  await record('CREATED');
});
afterEach(async () => {
  await client.dispose();
  await api.stop();
});

async function record(type: TokenEventType, fields: Partial<Token> & { executionId?: string } = {}): Promise<void> {
  const { executionId, ...changed } = fields;
  version += 1;
  const token = aToken(definition, { id: ID, version, ...changed });
  const event = { type, version, place: token.place, timestamp: NOW, number: version };
  const events = [executionId === undefined ? event : { ...event, executionId }];
  await api.storage.tokens.record({ token, runId: 'run', events, executions: [] });
}

interface Subscribed {
  readonly got: Record<string, unknown>[];
  /** Resolves with the errors that ended it, or with nothing. */
  readonly ended: Promise<unknown>;
  leave(): void;
}

function subscribe(query: string): Subscribed {
  const got: Record<string, unknown>[] = [];
  let leave: () => void = () => undefined;
  const ended = new Promise((resolve) => {
    leave = client.subscribe<Record<string, Record<string, unknown>>>(
      { query },
      {
        next: ({ data, errors }) => {
          got.push(...Object.values(data ?? {}));
          if (errors !== undefined) resolve(errors);
        },
        error: resolve,
        complete: () => {
          resolve(undefined);
        },
      },
    );
  });
  return {
    got,
    ended,
    leave: () => {
      leave();
    },
  };
}

async function until(subscribed: Subscribed, count: number): Promise<void> {
  await eventually(() => {
    expect(subscribed.got).toHaveLength(count);
  });
}

describe('tokenUpdates', () => {
  const query = (after = '') =>
    `subscription { tokenUpdates(tokenId: "${ID}"${after}) { sequence type version token { version place } } }`;

  it('begins with the newest event, follows, shows the token as it is then, and ends with it', async () => {
    await record('UPDATED');
    const watched = subscribe(query());
    await until(watched, 1);
    await record('TRANSITION_FIRED', { place: 'reviewed' });
    await until(watched, 2);
    await record('COMPLETED', { place: 'done', status: 'COMPLETED' });
    expect(await watched.ended).toBeUndefined();
    expect(watched.got).toEqual([
      { sequence: 2, type: 'UPDATED', version: 2, token: { version: 2, place: 'submitted' } },
      { sequence: 3, type: 'TRANSITION_FIRED', version: 3, token: { version: 3, place: 'reviewed' } },
      { sequence: 4, type: 'COMPLETED', version: 4, token: { version: 4, place: 'done' } },
    ]);
  });

  it('goes on behind a cursor, however far back', async () => {
    for (let count = 0; count < 250; count += 1) await record('UPDATED');
    const watched = subscribe(query(', after: 1'));
    await until(watched, 250);
    expect(watched.got.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 250 }, (_, n) => n + 2));
    watched.leave();
  });

  it('ends at once for a token that has closed and been read to the end', async () => {
    await record('CANCELLED', { status: 'CANCELLED' });
    const watched = subscribe(query(', after: 2'));
    expect(await watched.ended).toBeUndefined();
    expect(watched.got).toEqual([]);
  });

  it.each([
    ['an unknown token', 'subscription { tokenUpdates(tokenId: "nobody") { sequence } }', 'NOT_FOUND'],
    [
      'a cursor that is none',
      `subscription { tokenUpdates(tokenId: "${ID}", after: -1) { sequence } }`,
      'VALIDATION_FAILED',
    ],
    ['an unknown workflow', 'subscription { workflowEvents(workflowId: "none") { sequence } }', 'NOT_FOUND'],
    ['the stream of an unknown token', 'subscription { tokenStream(tokenId: "nobody") { sequence } }', 'NOT_FOUND'],
  ])('answers %s with a code', async (_name, refused, code) => {
    expect(await subscribe(refused).ended).toMatchObject([{ extensions: { code } }]);
  });

  it('misses nothing when wake-ups are lost, and comes in order when the feed does not', async () => {
    const tokens = unreliable(api.storage.tokens);
    const feed = new TokenFeed({ tokens, logger: new MemoryLogger() });
    const updates = await tokenUpdates({ feed, storage: { tokens: api.storage.tokens } }, ID);
    const sequences: number[] = [];
    const reading = (async () => {
      for await (const { sequence } of updates) sequences.push(sequence);
    })();
    for (let count = 0; count < 20; count += 1) await record('UPDATED');
    await record('COMPLETED', { status: 'COMPLETED' });
    await reading;
    expect(sequences).toEqual(Array.from({ length: 22 }, (_, n) => n + 1));
    await feed.shutdown();
  });
});

describe('workflowEvents', () => {
  it('gives what happens to every token of the workflow, and nothing of others', async () => {
    const watched = subscribe(
      'subscription { workflowEvents(workflowId: "review") { tokenId type token { version } } }',
    );
    await eventually(async () => {
      await record('UPDATED');
      expect(watched.got.length).toBeGreaterThan(0);
    });
    const other = aToken({ ...definition, id: 'other' }, { id: 'doc-9' });
    const event = { type: 'CREATED', version: 1, place: 'submitted', timestamp: NOW, number: 1 } as const;
    await api.storage.tokens.record({ token: other, runId: 'c', events: [event], executions: [] });
    await record('UPDATED');
    await eventually(() => {
      expect(watched.got.at(-1)).toMatchObject({ type: 'UPDATED', token: { version } });
    });
    expect(new Set(watched.got.map(({ tokenId }) => tokenId))).toEqual(new Set([ID]));
    watched.leave();
  });

  it('ends with a code for one who does not read, and holds no more than a bound', async () => {
    const feed = new TokenFeed({ tokens: api.storage.tokens, logger: new MemoryLogger() });
    const events = await workflowEvents({ storage: api.storage, feed }, 'review');
    for (let count = 0; count < 1200; count += 1) await record('UPDATED');
    let read = 0;
    const reading = (async () => {
      for await (const _event of events) read += 1;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(read).toBe(1000);
    await feed.shutdown();
  });
});

describe('tokenStream', () => {
  it('joins the streams of all executions of a token, and ends with it', async () => {
    await begin(`${ID}:review:1`);
    const watched = subscribe(`subscription { tokenStream(tokenId: "${ID}") { executionId eventType content } }`);
    await until(watched, 2);
    await begin(`${ID}:review:2`);
    await record('EXECUTION_STARTED', { executionId: `${ID}:review:2` });
    await until(watched, 4);
    await record('COMPLETED', { status: 'COMPLETED' });
    for (const id of [`${ID}:review:1`, `${ID}:review:2`]) await finish(id);
    expect(await watched.ended).toBeUndefined();
    const of = (id: string) => watched.got.filter(({ executionId }) => executionId === id);
    for (const id of [`${ID}:review:1`, `${ID}:review:2`]) {
      expect(of(id).map(({ eventType }) => eventType)).toEqual(['attempt_started', 'content_chunk', 'failed']);
    }
  });

  async function begin(executionId: string): Promise<void> {
    await api.storage.executions.create(anExecution({ id: executionId, tokenId: ID, status: 'RUNNING' }));
    const writer = await api.streams.open(executionId, { epoch: 1, turn: 1, reason: 'first' });
    await writer.append([{ eventType: 'content_chunk', content: 'hello' }]);
  }

  async function finish(executionId: string): Promise<void> {
    const body = { eventType: 'failed', status: 'cancelled', error: 'x', errorCode: 'cancelled' } as const;
    await api.streams.close(executionId, { turn: 1, attempt: 1, body });
  }
});

describe('the feed', () => {
  it('reads nothing while nobody listens, and lets go when the last one leaves', async () => {
    let watching = 0;
    const tokens: Pick<TokenStore, 'readFeed' | 'watchFeed'> = {
      readFeed: (after, first) => api.storage.tokens.readFeed(after, first),
      watchFeed: (onWake) => {
        watching += 1;
        const unwatch = api.storage.tokens.watchFeed(onWake);
        return () => {
          watching -= 1;
          unwatch();
        };
      },
    };
    const feed = new TokenFeed({ tokens, logger: new MemoryLogger() });
    const parts = { feed, storage: { tokens: api.storage.tokens } };
    const several = await Promise.all([tokenUpdates(parts, ID), tokenUpdates(parts, ID)]);
    expect(watching).toBe(1);
    const pending = several.map(async (updates) => {
      await updates.next();
      return await updates.next();
    });
    await eventually(() => Promise.resolve());
    for (const updates of several) await updates.return();
    expect(await Promise.all(pending)).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
    expect(watching).toBe(0);
    await feed.shutdown();
  });
});

/** Loses every second wake-up, and gives the events of a page in the wrong order. */
function unreliable(tokens: TokenStore): Pick<TokenStore, 'readFeed' | 'watchFeed'> {
  let wakes = 0;
  return {
    readFeed: async (after, first) => {
      const page = await tokens.readFeed(after, first);
      return { ...page, events: page.events.toReversed() };
    },
    watchFeed: (onWake) =>
      tokens.watchFeed(() => {
        wakes += 1;
        if (wakes % 2 === 0) onWake();
      }),
  };
}
