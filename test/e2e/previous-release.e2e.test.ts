import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { execution, fire, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { killEverything, newSetting, startEverything, type Setting } from '../support/everything.js';
import { startHeldProse, type HeldProse } from '../support/held-prose.js';
import { expectWhole } from '../support/installation.js';
import {
  APPROVAL_SECONDS,
  MINUTES_SECONDS,
  RECORDED,
  REFUND_MODULE,
  unpackInstallation,
  type InstallationFacts,
} from '../support/recorded-installation.js';
import { runCommand } from '../support/run-command.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';

const { waitsForSomebody, waitsForMinutes, waitsForAYear, waitsForApproval, conversation } = RECORDED;

describe(
  'an installation that an earlier release has left, killed in the middle of its work',
  { tags: ['earlier-release', 'on-pglite'] },
  () => {
    let prose: HeldProse;
    let setting: Setting;
    let tools: string;
    let facts: InstallationFacts;
    let everything: SpawnedProcess;

    beforeAll(async () => {
      prose = await startHeldProse(40);
      setting = await newSetting({ OPENAI_BASE_URL: prose.baseUrl });
      const dataDir = setting.environment['DATA_DIR'] ?? '';
      facts = await unpackInstallation(dataDir);
      tools = join(dataDir, 'tools');
      await mkdir(tools);
      await writeFile(join(tools, 'refund.mjs'), REFUND_MODULE);
      setting = { ...setting, environment: { ...setting.environment, TOOLS_DIR: tools } };
      everything = await startEverything(setting);
    });

    afterAll(async () => {
      await killEverything(everything, setting);
      await Promise.all([setting.remove(), prose.stop()]);
    });

    it('goes on with an answer in its middle, and whoever watched it comes again with the cursor of before', async () => {
      const [before, late] = [new StreamViewer(), new StreamViewer()];
      for (const event of facts.seen) before.take(event);
      const { executionId } = facts.middle;
      expect(await Promise.all([before, late].map((one) => one.watch(setting.address, executionId)))).toEqual([
        1000, 1000,
      ]);
      await expectWhole(setting.address, facts.middle, [before, late]);
    });

    it('shows what had ended as it was', async () => {
      const viewer = new StreamViewer();
      expect(await viewer.watch(setting.address, facts.ended.executionId)).toBe(1000);
      await expectWhole(setting.address, facts.ended, [viewer]);
    });

    it('moves a token that waited for somebody', async () => {
      await fire(setting.address, { tokenId: waitsForSomebody, transitionId: 'close' });
      expect(await settledToken(setting.address, waitsForSomebody)).toMatchObject({
        ...{ place: 'closed', status: 'COMPLETED', data: { n: 1 } },
        history: [{ transition: 'close' }],
      });
    });

    it('moves tokens whose time has come, and asks the agents of others before theirs', async () => {
      const trigger = 'mutation ($id: String!) { triggerPlaceAgents(tokenId: $id) { id } }';
      // Of the others too, where the archive is opened at once, or a clock is behind that of its recording.
      const isDue = secondsSince(facts.recordedAt) > MINUTES_SECONDS;
      for (const id of isDue ? [waitsForAYear] : [waitsForMinutes, waitsForAYear]) {
        await graphql(setting.address, trigger, { id });
      }
      for (const id of [waitsForMinutes, waitsForAYear]) {
        await eventually(async () => {
          expect(await settledToken(setting.address, id)).toMatchObject({
            ...{ place: 'awake', status: 'COMPLETED', data: { said: 'Well.' } },
            history: [{ transition: 'wake' }],
          });
        });
      }
    });

    it('makes a call that waited for an approval, once; one that nobody approved in time it does not make', async () => {
      const inbox = '{ approvals { nodes { executionId toolCallId } } }';
      const { approvals } = await graphql<{
        approvals: { nodes: readonly { executionId: string; toolCallId: string }[] };
      }>(setting.address, inbox);
      if (secondsSince(facts.recordedAt) < APPROVAL_SECONDS) expect(approvals.nodes).toHaveLength(1);
      for (const call of approvals.nodes) {
        const approve = `mutation ($executionId: String!, $toolCallId: String!) {
          approveToolCall(executionId: $executionId, toolCallId: $toolCallId) { id }
        }`;
        await graphql(setting.address, approve, call);
      }
      expect(await settledToken(setting.address, waitsForApproval)).toMatchObject({
        ...{ place: 'closed', status: 'COMPLETED', data: { said: 'Settled.' } },
        history: [{ transition: 'refund' }],
      });
      const effects = await readFile(join(tools, 'effects.txt'), 'utf8').catch(() => '');
      expect(effects).toBe('7\n'.repeat(approvals.nodes.length));
    });

    it('goes on with a conversation', async () => {
      const input = { id: 'question-3', agentId: 'brief', input: 'question-3', conversationId: conversation };
      const ask = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
      await graphql(setting.address, ask, { input });
      await eventually(async () => {
        expect(await execution(setting.address, 'question-3')).toMatchObject({ status: 'COMPLETED' });
      });
      const query = 'query ($id: String!) { conversation(id: $id) { messages { role content } } }';
      const read = await graphql<{ conversation: { messages: readonly { role: string; content: string }[] } }>(
        ...([setting.address, query, { id: conversation }] as const),
      );
      expect(
        read.conversation.messages.map(({ content }) => content).filter((text) => text !== 'You are brief.'),
      ).toEqual([1, 2, 3].flatMap((number) => [`question-${number}`, 'Well.']));
    });

    it('has an audit whose chain goes through where it ended then', async () => {
      expect(await everything.stop(), everything.output).toBe(0);
      const verified = await runCommand(['audit', 'verify', '--expect', facts.auditEnd], { env: setting.environment });
      expect(verified).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('is whole') as string });
    });
  },
);

function secondsSince(time: string): number {
  return (Date.now() - Date.parse(time)) / 1000;
}
