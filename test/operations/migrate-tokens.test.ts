import { beforeEach, describe, expect, it } from 'vitest';

import { CircuitBreakerError } from '../../src/core/errors.js';
import { migrateTokens, type TokenMigration } from '../../src/operations/migrate-tokens.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import type { PlacePair } from '../../src/operations/place-mapping.js';
import { limitedStorage } from '../../src/storage/limited-storage.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { aDefinition, aToken, aTransition, aWorkflow, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { schemasInThisThread } from '../support/schemas.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

const TOKENS = 50;
const first = aWorkflow();
const second = aWorkflow({
  places: ['drafted', 'reviewed', 'done'],
  initialPlace: 'drafted',
  transitions: [
    aTransition({ id: 'review', fromPlaces: ['drafted'], toPlace: 'reviewed' }),
    aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
  ],
});

/** What a token's Temporal workflow answers; by id, otherwise it goes over. */
type Answers = Readonly<Record<string, { readonly migrated: boolean } | Error>>;

describe('tokens that are to go over to another version', () => {
  let storage: Storage;
  let parts: OperationParts;
  let answers: Answers;
  let asked: string[];
  let isAway: boolean;

  beforeEach(async () => {
    ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
    [answers, asked, isAway] = [{}, [], false];
    const temporal: Partial<OperationParts['temporal']> = {
      migrate: async (id, request) => {
        asked.push(`${id} ${JSON.stringify(request)}`);
        const answer = answers[id] ?? { migrated: true };
        if (answer instanceof Error) throw answer;
        const token = await storage.tokens.get(id);
        return { token: token ?? aToken(aDefinition()), executionIds: [], ...answer };
      },
      closeOf: (_kind, id) => Promise.resolve(id === 't-7' ? 'TERMINATED' : 'RUNNING'),
      ping: () =>
        isAway ? Promise.reject(new CircuitBreakerError('UNAVAILABLE', 'Temporal is away')) : Promise.resolve(),
    };
    parts = {
      storage,
      now: () => NOW,
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      traces: untraced,
      temporal: temporal as OperationParts['temporal'],
    };
    await storage.workflows.save('review', first, { hash: '1', now: NOW });
    await storage.workflows.save('review', second, { hash: '2', now: NOW });
    for (let index = 0; index < TOKENS; index += 1) {
      const id = `t-${index}`;
      const place = index % 2 === 0 ? 'submitted' : 'reviewed';
      const token = { ...aToken({ ...first, id: 'review', version: 1 }), id, place };
      await storage.tokens.record({ token, runId: id, events: [], executions: [] });
    }
  });

  const PLACES = [{ from: 'submitted', to: 'drafted' }];
  async function migrate(
    more: { dryRun?: boolean; placeMapping?: readonly PlacePair[]; first?: number; after?: string } = {},
  ): Promise<TokenMigration> {
    const { dryRun = false, placeMapping = PLACES, first: size = 200, after } = more;
    const input = { workflowId: 'review', fromVersion: 1, toVersion: 2, placeMapping };
    const page = { first: size, ...(after === undefined ? {} : { after }) };
    return await migrateTokens(parts, input, { dryRun, page });
  }

  it('are all asked once, each with the places, page by page', async () => {
    let [pages, migrated, after] = [0, 0, undefined as string | undefined];
    do {
      const page = await migrate({ first: 30, ...(after === undefined ? {} : { after }) });
      [pages, migrated, after] = [pages + 1, migrated + page.migrated, page.next];
    } while (after !== undefined);
    expect([pages, migrated]).toEqual([2, TOKENS]);
    expect(new Set(asked).size).toBe(TOKENS);
    expect(asked[0]).toContain('{"fromVersion":1,"toVersion":2,"placeMapping":{"submitted":"drafted"}}');
  });

  it('are said in a dry run, which asks none of them, as otherwise', async () => {
    const { refused, ...counts } = await migrate({ dryRun: true, placeMapping: [] });
    // 25 have no place there, and one is not run any more.
    expect(counts).toEqual({ migrated: TOKENS / 2 - 1, alreadyOver: 0, ended: 0 });
    expect(refused.filter(({ place }) => place === 'submitted')).toHaveLength(TOKENS / 2);
    expect(refused.find(({ tokenId }) => tokenId === 't-0')).toEqual({
      tokenId: 't-0',
      place: 'submitted',
      reasons: [{ code: 'PLACE_MISSING', message: 'version 2 has no place submitted' }],
    });
    expect(refused.find(({ tokenId }) => tokenId === 't-7')?.reasons).toMatchObject([{ code: 'WORKFLOW_LOST' }]);
    expect(asked).toEqual([]);
  });

  it('come each to what is theirs, and none keeps others from going', async () => {
    const blocker = { code: 'WORKER_OUTDATED', message: 'old' } as const;
    answers = {
      't-1': { migrated: false },
      't-2': new CircuitBreakerError('MIGRATION_REFUSED', 'no', { blockers: [blocker] }),
      't-3': new CircuitBreakerError('UNAVAILABLE', 'has not answered'),
      't-4': new CircuitBreakerError('TOKEN_TOO_LARGE', 'too much'),
    };
    const { refused, ...counts } = await migrate();
    expect(counts).toEqual({ migrated: TOKENS - 4, alreadyOver: 1, ended: 0 });
    expect(Object.fromEntries(refused.map(({ tokenId, reasons }) => [tokenId, reasons]))).toEqual({
      't-2': [blocker],
      't-3': [{ code: 'UNREACHABLE', message: 'has not answered' }],
      't-4': [{ code: 'START_TOO_LARGE', message: 'too much' }],
    });
  });

  it('are asked no further where Temporal is away', async () => {
    answers = { 't-3': new CircuitBreakerError('UNAVAILABLE', 'has not answered') };
    isAway = true;
    await expect(migrate()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'Temporal is away' });
  });

  it('are not asked by a mapping that does not fit: all that is wrong is said', async () => {
    const placeMapping = [
      { from: 'submitted', to: 'nowhere' },
      { from: 'submitted', to: 'drafted' },
      { from: 'drafted', to: 'done' },
    ];
    await expect(migrate({ placeMapping })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      facts: {
        problems: [
          { code: 'UNKNOWN_PLACE', pointer: '/placeMapping/0/to' },
          { code: 'DUPLICATE_ID', pointer: '/placeMapping/1/from' },
          { code: 'UNKNOWN_PLACE', pointer: '/placeMapping/2/from' },
        ],
      },
    });
    const many = Array.from({ length: 501 }, () => ({ from: 'submitted', to: 'drafted' }));
    await expect(migrate({ placeMapping: many })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(asked).toEqual([]);
  });

  it('have to be of a workflow and of versions that there are', async () => {
    const page = { first: 10 };
    for (const [input, code] of [
      [{ workflowId: 'nobody', fromVersion: 1, toVersion: 2 }, 'NOT_FOUND'],
      [{ workflowId: 'review', fromVersion: 1, toVersion: 3 }, 'NOT_FOUND'],
      [{ workflowId: 'review', fromVersion: 0, toVersion: 2 }, 'NOT_FOUND'],
      [{ workflowId: 'review', fromVersion: 1, toVersion: 1 }, 'VALIDATION_FAILED'],
    ] as const) {
      const called = migrateTokens(parts, { ...input, placeMapping: [] }, { dryRun: false, page });
      await expect(called).rejects.toMatchObject({ code });
    }
    const limited = { ...parts, storage: limitedStorage(storage, ['another']) };
    const input = { workflowId: 'review', fromVersion: 1, toVersion: 2, placeMapping: PLACES };
    await expect(migrateTokens(limited, input, { dryRun: true, page })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
