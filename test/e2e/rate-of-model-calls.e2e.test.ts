import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { createAgent, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { OwnProcesses } from '../support/own-processes.js';

const MINUTE_MS = 60_000;
/** More than a minute of them, as many as are asked for, and what may come at once. */
const WATCHED = 75;
const ASKED = 90;

describe('RATE_LIMIT_PER_MINUTE=60', () => {
  let processes: OwnProcesses;
  let provider: FaultServer;
  const calls: number[] = [];

  beforeEach(async () => {
    [processes, provider] = await Promise.all([OwnProcesses.on({ RATE_LIMIT_PER_MINUTE: '60' }), startFaultServer()]);
    provider.behave((_, response) => {
      calls.push(performance.now());
      beginStream(response);
      // Every fourth is refused at first: what is tried again is a call like others.
      if (calls.length % 4 === 0) response.destroy();
      else response.end(CHAT.text('Done.') + CHAT.finish('stop'));
    });
  });

  afterEach(async () => {
    await processes.end();
    await provider.stop();
  });

  it('holds across two workers: never more than 66 calls in any minute at the provider, and close to 60', async () => {
    await processes.start('api');
    await Promise.all([processes.start('worker'), processes.start('worker')]);
    const { address } = processes;
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
