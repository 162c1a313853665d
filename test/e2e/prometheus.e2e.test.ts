import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ALERTS_FILE, askedQueries, seriesIn } from '../support/alerts-and-panels.js';
import { createAgent, createToken, createWorkflow, fire, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { OwnProcesses } from '../support/own-processes.js';
import { canTestPrometheus, PROMTOOL, startPrometheus, type TestPrometheus } from '../support/prometheus.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { writingWorkflow } from '../support/writing-workflow.js';

/** What nothing was measured of here: it takes a fault, a price, a cache or a tool. */
const UNSEEN = [
  'circuit_breaker_attempts_lost_total',
  'circuit_breaker_cost_usd_total',
  'circuit_breaker_answer_cache_total',
  'circuit_breaker_keys_rested_total',
  'circuit_breaker_incidents_raised_total',
  'gen_ai_execute_tool_duration_seconds_bucket',
];

describe.skipIf(!(await canTestPrometheus()))('a Prometheus that asks an API and a worker', () => {
  let processes: OwnProcesses;
  let prometheus: TestPrometheus | undefined;
  let ports: { readonly api: number; readonly worker: number };

  beforeAll(async () => {
    processes = await OwnProcesses.on();
    ports = { api: await freePort(), worker: await freePort() };
    for (const command of ['api', 'worker'] as const) {
      const environment = { ...processes.setting.environment, METRICS_PORT: String(ports[command]) };
      processes.all.push(await SpawnedProcess.ready(command, environment));
    }
    const { address } = processes;
    await createAgent(address, {
      id: 'writer',
      name: 'Writer',
      llmProvider: { type: 'mock', model: 'mock' },
      prompts: { system: 'You write.', userTemplate: 'Write.' },
    });
    await createWorkflow(address, writingWorkflow());
    const token = await createToken(address, { workflowId: 'writing' });
    await fire(address, { tokenId: token, transitionId: 'write' });
    await settledToken(address, token);
    await expect(fire(address, { tokenId: token, transitionId: 'write' })).rejects.toThrow('TOKEN_CLOSED');
    await createToken(address, { workflowId: 'writing' });
    prometheus = await startPrometheus([ports.api, ports.worker], resolve(ALERTS_FILE));
  }, 120_000);

  afterAll(async () => {
    await prometheus?.stop();
    await processes.end();
  });

  const asked = async (path: string) => await prometheus?.get(path);

  async function textAt(port: number): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  }

  it('finds every series that alerts and the dashboard ask for', async () => {
    const wanted = [...new Set(askedQueries().flatMap(([, query]) => seriesIn(query)))];
    await eventually(async () => {
      const names = (await asked('/api/v1/label/__name__/values')) as readonly string[];
      expect(wanted.filter((name) => !names.includes(name) && !UNSEEN.includes(name))).toEqual([]);
    });
  });

  it('takes every query of theirs', async () => {
    for (const [, query] of askedQueries()) await asked(`/api/v1/query?query=${encodeURIComponent(query)}`);
  });

  it('fires nothing where all is well', async () => {
    const alerts = await eventually(async () => {
      const { groups } = (await asked('/api/v1/rules')) as {
        groups: readonly { rules: readonly { name: string; state: string; health: string }[] }[];
      };
      const rules = groups.flatMap((group) => group.rules);
      expect(rules.every(({ health }) => health === 'ok')).toBe(true);
      return rules;
    });
    expect(alerts.filter(({ state }) => state !== 'inactive')).toEqual([]);
  });

  it.each(['api', 'worker'] as const)(
    'is told in a format that promtool finds nothing wrong with: %s',
    async (command) => {
      const promtool = spawn(PROMTOOL, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
      let said = '';
      promtool.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      promtool.stdin.end(await textAt(ports[command]));
      await once(promtool, 'close');
      expect(said).toBe('');
    },
  );

  it('counts each thing once, where it is done', async () => {
    expect(await textAt(ports.worker)).toContain(
      'circuit_breaker_executions_total{agent="writer",status="COMPLETED"} 1\n',
    );
    expect(await textAt(ports.worker)).toMatch(
      /circuit_breaker_transitions_total\{workflow="[^"]+",transition="write"\} 1\n/,
    );
    expect(await textAt(ports.api)).toMatch(/circuit_breaker_refusals_total\{workflow="[^"]+",code="\w+"\} 1\n/);
    expect(await textAt(ports.api)).not.toContain('circuit_breaker_executions_total');
  });
});
