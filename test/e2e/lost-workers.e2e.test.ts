import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Installation, Surroundings } from '../support/installation.js';
import { canTestPostgres } from '../support/postgres.js';
import { PostgresServer } from '../support/postgres-server.js';
import { cutSessions, restartServer } from '../support/worker-trials/cut-sessions.js';
import { freezeOneOfTwo } from '../support/worker-trials/frozen-workers.js';
import { killOneOfTwo } from '../support/worker-trials/killed-workers.js';
import type { TrialPlace } from '../support/worker-trials/watched-answer.js';

const CHUNKS = 40;
const ANSWERS = 6;

/** A round of each trial of `npm run soak:workers`. */
describe.skipIf(!(await canTestPostgres()))('two workers on one PostgreSQL', { tags: ['on-postgres'] }, () => {
  let server: PostgresServer;
  let place: TrialPlace;

  beforeAll(async () => {
    const [surroundings, own] = await Promise.all([
      Surroundings.start({ chunks: CHUNKS, inOtherWords: true }),
      PostgresServer.start(),
    ]);
    server = own;
    const here = await Installation.start(surroundings, 'lost', { storageUrl: own.url });
    place = { name: 'lost', here, surroundings, random: Math.random };
  });
  afterAll(async () => {
    await place.here.stop();
    await Promise.all([place.surroundings.stop(), server.stop()]);
  });

  it('lose no answer of one that lives, however often the connection is cut that says so', async () => {
    const trial = { name: 'cut', answers: ANSWERS, chunks: CHUNKS, times: 10 };
    expect(await cutSessions(place, trial)).toMatchObject({ voided: 0, wrong: [] });
  });

  it('lose no more than an attempt of each answer by each restart of it', { tags: 'storage-away' }, async () => {
    const trial = { name: 'restart', answers: ANSWERS, chunks: CHUNKS, times: 2 };
    expect((await restartServer(place, server, trial)).wrong).toEqual([]);
  });

  it('lose the answers of the one that is killed, and none of the other', { tags: 'worker-killed' }, async () => {
    expect((await killOneOfTwo(place, 'kill', CHUNKS)).wrong).toEqual([]);
  });

  it(
    'store what was seen last where one is frozen, and wakes when the other is done',
    { tags: 'worker-frozen' },
    async () => {
      const frost = { name: 'frost', chunks: CHUNKS, waking: 'after', apart: true } as const;
      expect((await freezeOneOfTwo(place, frost)).wrong).toEqual([]);
    },
  );
});
