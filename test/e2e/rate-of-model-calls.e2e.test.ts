import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/commands.js';
import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { createAgent, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const MINUTE_MS = 60_000;
/** More than a minute of them, as many as are asked for, and what may come at once. */
const WATCHED = 75;
const ASKED = 90;

describe('RATE_LIMIT_PER_MINUTE=60', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let provider: FaultServer;
  let setting: Setting;
  const calls: number[] = [];
  const processes: SpawnedProcess[] = [];

  beforeEach(async () => {
    [temporal, database, provider] = await Promise.all([
      startTemporalServer(),
      createTestDatabase(),
      startFaultServer(),
    ]);
    provider.behave((_, response) => {
      calls.push(performance.now());
      beginStream(response);
      // Every fourth is refused at first: what is tried again is a call like others.
      if (calls.length % 4 === 0) response.destroy();
      else response.end(CHAT.text('Done.') + CHAT.finish('stop'));
    });
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      RATE_LIMIT_PER_MINUTE: '60',
    });
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await temporal.stop();
    await provider.stop();
    await database.drop();
    await setting.remove();
  });

  async function start(command: CommandName): Promise<void> {
    const started = SpawnedProcess.start(command, setting.environment);
    processes.push(started);
    await started.untilReady();
  }

  it('holds across two workers: never more than 66 calls in any minute at the provider, and close to 60', async () => {
    await start('api');
    await Promise.all([start('worker'), start('worker')]);
    const { address } = setting;
    await createAgent(address, {
      id: 'writer',
      name: 'Writer',
      llmProvider: { type: 'custom', model: 'm', baseUrl: provider.baseUrl },
      prompts: { system: 'You write.', userTemplate: 'Write.' },
    });
    const execute = 'mutation { executeAgent(input: { agentId: "writer" }) { id } }';
    await Promise.all(Array.from({ length: ASKED }, () => graphql(address, execute)));
    await eventually(() => {
      expect(calls.length).toBeGreaterThanOrEqual(WATCHED);
    });
    const busiest = Math.max(...calls.map((first) => inMinuteFrom(first)));
    expect(busiest).toBeLessThanOrEqual(66);
    expect(busiest).toBeGreaterThanOrEqual(54);
  });

  function inMinuteFrom(first: number): number {
    return calls.filter((one) => one >= first && one < first + MINUTE_MS).length;
  }
});
