import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { watchExecution } from '../../src/client/index.js';
import { LONG_PROSE } from '../support/aimock-review.js';
import { execution } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything } from '../support/everything.js';
import { freezeProcess } from '../support/frozen-process.js';
import { expectWhole, Installation, prepareWriting, Surroundings, write } from '../support/installation.js';
import { streamFaults, StreamViewer } from '../support/stream-viewer.js';

let surroundings: Surroundings;

beforeAll(async () => {
  surroundings = await Surroundings.start({ chunks: 40 });
});

afterAll(() => surroundings.stop());

/** What the fault matrix of streams does not have: nobody left, orderly ends, and everything in one process. */
describe('what is under way goes on', () => {
  let here: Installation;

  beforeAll(async () => {
    here = await Installation.start(surroundings, 'survivors');
  });
  afterAll(() => here.stop());

  it('when a worker is frozen: whatever is asked meanwhile is answered', { tags: 'worker-frozen' }, async () => {
    const pid = here.workers[0]?.pid ?? 0;
    await freezeProcess(pid);
    const asked = await Promise.all(Array.from({ length: 8 }, () => write(here.address)));
    process.kill(pid, 'SIGCONT');
    for (const ids of asked) {
      const viewer = new StreamViewer();
      expect(await viewer.watch(here.address, ids.executionId)).toBe(1000);
      await expectWhole(here.address, ids, [viewer]);
    }
  });

  it('when a worker is stopped in order: it hands its call over', { tags: 'worker-stopped' }, async () => {
    const goOn = surroundings.prose.hold('relays', 5);
    const ids = await write(here.address, 'relays');
    const viewer = new StreamViewer();
    const watching = viewer.watch(here.address, ids.executionId);
    await viewer.sawChunks(3);
    const stopped = await here.callerOf(ids);
    expect(await stopped.stop(), stopped.output).toBe(0);
    goOn();
    expect(await watching).toBe(1000);
    await expectWhole(here.address, ids, [viewer]);
  });

  it(
    'when no worker is left: the stream ends once the time of its execution is over',
    { tags: 'no-worker' },
    async () => {
      const executionId = 'deserted-execution';
      surroundings.prose.hold('deserts', 5);
      await surroundings.client.workflow.start('agentExecution', {
        workflowId: executionId,
        taskQueue: 'survivors',
        args: [{ executionId, agentId: 'writer', input: 'deserts' }],
        workflowExecutionTimeout: '15s',
      });
      await eventually(async () => {
        expect(await execution(here.address, executionId)).not.toBeNull();
      });
      const viewer = new StreamViewer();
      const watching = viewer.watch(here.address, executionId);
      await viewer.sawChunks(3);
      await Promise.all(here.workers.map((worker) => worker.kill()));
      expect(await watching).toBe(1000);
      expect(viewer.last).toMatchObject({ eventType: 'failed', status: 'timeout', errorCode: 'timeout' });
      expect(streamFaults(viewer.events)).toEqual([]);
      expect(await execution(here.address, executionId)).toMatchObject({ status: 'TIMEOUT', errorCode: 'timeout' });
    },
  );

  it(
    'when everything is one process, on its own folder, that is killed and started again',
    { tags: ['all-killed', 'on-pglite'] },
    async () => {
      const setting = await newPreparedSetting({ OPENAI_BASE_URL: surroundings.prose.baseUrl });
      const first = await startEverything(setting);
      await prepareWriting(setting.address);
      const goOn = surroundings.prose.hold('phoenixes', 6);
      const ids = await write(setting.address, 'phoenixes');
      const viewer = new StreamViewer();
      const watching = viewer.watch(setting.address, ids.executionId);
      // Comes again by itself, until there is a server again.
      const watched = watchExecution({ url: setting.address, executionId: ids.executionId });
      const finished = watched.finished();
      await viewer.sawChunks(5);
      await first.kill();
      goOn();
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
    },
  );
});
