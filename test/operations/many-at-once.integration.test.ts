import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CircuitBreakerError } from '../../src/core/errors.js';
import { updateToken } from '../../src/operations/change-token.js';
import { createToken } from '../../src/operations/create-token.js';
import { fireTransition } from '../../src/operations/fire-transition.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { aTransition, aWorkflow, NOW } from '../support/builders.js';
import { schemasInThisThread } from '../support/schemas.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

/** More than a token takes at once, of each of three processes: and not so many that a busy machine is late with the last. */
const CHANGES = 60;

let under: WorkerUnderTest;
/** Three API processes, as far as Temporal sees. */
let processes: readonly OperationParts[];

beforeAll(async () => {
  under = await startWorkerUnderTest(new ScriptedModel([]));
  processes = [1, 2, 3].map(() => {
    const temporal = gatewayOf(under);
    const now = () => new Date().toISOString();
    return {
      storage: under.storage,
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      traces: untraced,
      temporal,
      now,
    };
  });
  const transitions = [
    aTransition({ id: 'left', toPlace: 'reviewed' }),
    aTransition({ id: 'right', toPlace: 'done' }),
    aTransition({ id: 'back', fromPlaces: ['reviewed', 'done'], toPlace: 'submitted' }),
    aTransition({ id: 'end', fromPlaces: ['reviewed'], toPlace: 'over' }),
  ];
  const places = ['submitted', 'reviewed', 'done', 'over'];
  await under.storage.workflows.save('loop', aWorkflow({ places, transitions }), { hash: 'h', now: NOW });
});

afterAll(async () => {
  await under.stop();
});

function parts(index: number): OperationParts {
  const one = processes[index % processes.length];
  if (one === undefined) throw new Error('there are processes');
  return one;
}

interface Fire {
  readonly tokenId: string;
  readonly transitionId: string;
  readonly idempotencyKey?: string;
}

/** What a fire is answered, or the code that it is refused with. */
async function placeAfter(input: Fire, index = 0): Promise<string> {
  try {
    return (await fireTransition(parts(index), input)).token.place;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('many changes of one token at once', () => {
  it.each([
    ['one process', 1],
    ['three processes', 3],
  ])('are all answered and made once each, by %s', async (_name, count) => {
    const id = `many-${count}`;
    await createToken(parts(0), { id, workflowId: 'loop' });
    const changes = Array.from({ length: CHANGES }, (_, n) =>
      updateToken(parts(n % count), id, { data: { [`k${n}`]: n } }),
    );
    const tokens = await Promise.all(changes);
    const token = await under.storage.tokens.get(id);
    expect(token?.version).toBe(CHANGES + 1);
    expect(Object.keys(token?.data ?? {})).toHaveLength(CHANGES);
    expect(new Set(tokens.map(({ id: answered }) => answered))).toEqual(new Set([id]));
  });

  it('beyond what is through in time are refused at once, with a code', async () => {
    await createToken(parts(0), { id: 'flood', workflowId: 'loop' });
    const asked = await Promise.allSettled(
      Array.from({ length: 1200 }, () => updateToken(parts(0), 'flood', { data: { a: 1 } })),
    );
    const refusals = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as CircuitBreakerError] : []));
    // Fewer where some are through before the last has come. On a busy machine the turn of others does not come in time.
    const atOnce = refusals.filter(({ message }) => message.includes('are waiting already')).length;
    expect(atOnce).toBeGreaterThan(0);
    expect(atOnce).toBeLessThanOrEqual(695);
    expect(refusals.filter(({ code }) => !['RATE_LIMITED', 'UNAVAILABLE'].includes(code))).toEqual([]);
  });
});

describe('a fire with a key', () => {
  it('that lost a race is tried afresh when it is repeated', async () => {
    let lost = 0;
    for (let round = 0; round < 20; round += 1) {
      const tokenId = `race-${round}`;
      await createToken(parts(0), { id: tokenId, workflowId: 'loop' });
      const asks = ['left', 'right'].map((transitionId) => ({ tokenId, transitionId, idempotencyKey: transitionId }));
      const places = await Promise.all(asks.map((ask, index) => placeAfter(ask, index)));
      const loser = asks[places.findIndex((place) => place === 'TRANSITION_REFUSED')];
      if (loser === undefined) continue;
      lost += 1;
      await placeAfter({ tokenId, transitionId: 'back' });
      expect(await placeAfter(loser)).toBe(loser.transitionId === 'left' ? 'reviewed' : 'done');
    }
    expect(lost).toBeGreaterThan(0);
  });

  it('by which its token has ended is answered again, and any other is told that it has', async () => {
    await createToken(parts(0), { id: 'ended', workflowId: 'loop' });
    await placeAfter({ tokenId: 'ended', transitionId: 'left' });
    const last = { tokenId: 'ended', transitionId: 'end', idempotencyKey: 'last' };
    expect([await placeAfter(last), await placeAfter(last, 1), await placeAfter(last, 2)]).toEqual([
      'over',
      'over',
      'over',
    ]);
    expect(await placeAfter({ ...last, idempotencyKey: 'another' })).toBe('TOKEN_CLOSED');
    expect(await placeAfter({ ...last, transitionId: 'back' })).toBe('TOKEN_CLOSED');
    expect((await under.storage.tokens.get('ended'))?.transitionCount).toBe(2);
  });
});
