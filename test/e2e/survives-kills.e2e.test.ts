import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { watchExecution } from '../../src/client/index.js';
import { LONG_PROSE } from '../support/aimock-review.js';
import { newSetting, startEverything } from '../support/everything.js';
import { expectWhole, Installation, prepareWriting, Surroundings, write } from '../support/installation.js';
import { StreamViewer } from '../support/stream-viewer.js';

let surroundings: Surroundings;

beforeAll(async () => {
  surroundings = await Surroundings.start({ chunkSize: 16 });
});

afterAll(() => surroundings.stop());

/** What the fault matrix of streams does not have: beginnings, orderly ends, and everything in one process. */
describe('what is under way goes on', () => {
  it.concurrent('when a worker freezes before it opened its stream: it is refused when it wakes', async () => {
    const here = await Installation.start(surroundings, 'frozen');
    const client = new pg.Client({ connectionString: here.storageUrl });
    await client.connect();
    // It looks for a stored turn before it opens its stream: there it waits, and there it is frozen.
    await client.query('begin; lock table circuit_breaker.turns in access exclusive mode');
    const ids = await write(here.address);
    const viewer = new StreamViewer();
    const watching = viewer.watch(here.address, ids.executionId);
    const frozen = await here.callerOf(ids);
    frozen.signal('SIGSTOP');
    await client.query('commit');
    await client.end();
    await viewer.sawChunks(3);
    frozen.signal('SIGCONT');
    expect(await watching).toBe(1000);
    await expectWhole(here.address, ids, [viewer]);
    expect(viewer.attempts).toBe(1);
    await here.stop();
  });

  it.concurrent('when a worker is stopped in order: it hands its call over', async () => {
    const here = await Installation.start(surroundings, 'stopped');
    const ids = await write(here.address);
    const viewer = new StreamViewer();
    const watching = viewer.watch(here.address, ids.executionId);
    await viewer.sawChunks(3);
    const stopped = await here.callerOf(ids);
    expect(await stopped.stop(), stopped.output).toBe(0);
    expect(await watching).toBe(1000);
    await expectWhole(here.address, ids, [viewer]);
    await here.stop();
  });

  it.concurrent('when everything is one process, on its own folder, that is killed and started again', async () => {
    const setting = await newSetting({ OPENAI_BASE_URL: surroundings.aimock.baseUrl });
    const first = await startEverything(setting);
    await prepareWriting(setting.address);
    const ids = await write(setting.address);
    const viewer = new StreamViewer();
    const watching = viewer.watch(setting.address, ids.executionId);
    // Comes again by itself, until there is a server again.
    const watched = watchExecution({ url: setting.address, executionId: ids.executionId });
    const finished = watched.finished();
    await viewer.sawChunks(5);
    await first.kill();
    expect(await watching).not.toBe(1000);
    const second = await startEverything(setting);
    expect(await viewer.watch(setting.address, ids.executionId)).toBe(1000);
    await expectWhole(setting.address, ids, [viewer]);
    expect(await finished).toMatchObject({ eventType: 'completed', final_response: LONG_PROSE });
    expect([watched.view.text, watched.isVerified]).toEqual([LONG_PROSE, true]);
    await second.stop();
    const third = await startEverything(setting);
    const late = new StreamViewer();
    expect(await late.watch(setting.address, ids.executionId)).toBe(1000);
    await expectWhole(setting.address, ids, [late]);
    await third.stop();
    await setting.remove();
  });
});
