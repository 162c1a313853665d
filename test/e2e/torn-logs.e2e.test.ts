import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { killEverything, newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { startHeldProse, type HeldProse } from '../support/held-prose.js';
import { expectWhole, prepareWriting, write } from '../support/installation.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';
import { endOfLog, tearLog } from '../support/torn-log.js';

describe('a machine that goes down with the end of the log of storage', { tags: ['log-torn', 'on-pglite'] }, () => {
  let prose: HeldProse;
  let setting: Setting;
  let everything: SpawnedProcess;
  let storage: string;

  beforeAll(async () => {
    prose = await startHeldProse(4);
    setting = await newPreparedSetting({ OPENAI_BASE_URL: prose.baseUrl, LOG_LEVEL: 'info' });
    storage = join(setting.environment['DATA_DIR'] ?? '', 'storage');
    everything = await startEverything(setting);
    await prepareWriting(setting.address);
  });
  afterAll(async () => {
    await killEverything(everything, setting);
    await prose.stop();
    await setting.remove();
  });

  /** In Temporal, too: otherwise it would record the end once more, and nothing would differ. */
  async function hasEnded(tokenId: string): Promise<void> {
    const connection = await Connection.connect({ address: setting.temporalAddress });
    const handle = new Client({ connection }).workflow.getHandle(tokenId);
    await eventually(async () => {
      expect((await handle.describe()).status.name).toBe('COMPLETED');
    });
    await connection.close();
  }

  it.each(['cut', 'zeroed', 'garbled'] as const)(
    'which is %s: tokens and answers are there again as Temporal has them, and the start names each',
    async (tear) => {
      const before = await write(setting.address, `before-${tear}`);
      await new StreamViewer().watch(setting.address, before.executionId);
      await expectWhole(setting.address, before, []);
      // What is cut in the middle of a page is lost from its beginning.
      const page = randomBytes(8192).toString('base64');
      await createToken(setting.address, { workflowId: 'writing', data: { topic: page } });
      const end = await endOfLog(storage);
      const lost = await write(setting.address, `lost-${tear}`);
      await new StreamViewer().watch(setting.address, lost.executionId);
      await expectWhole(setting.address, lost, []);
      await hasEnded(lost.tokenId);
      await killEverything(everything, setting);
      await tearLog(storage, end, tear);

      everything = await startEverything(setting);
      await everything.said('the last process was killed');

      expect(everything.output).toContain(`token \\"${lost.tokenId}\\" was lost or set back in storage`);
      expect(everything.output).toContain(`the answer of execution \\"${lost.executionId}\\" was lost in storage`);
      expect(everything.output).not.toContain(`token \\"${before.tokenId}\\"`);
      await expectWhole(setting.address, before, []);
      await expectWhole(setting.address, lost, []);
    },
  );
});
