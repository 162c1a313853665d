import { spawn } from 'node:child_process';
import { once } from 'node:events';

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AlertWatch } from '../support/alert-watch.js';
import { ALERTS_FILE, askedQueries, seriesIn } from '../support/alerts-and-panels.js';
import { createAgent, createToken, createWorkflow, fire, graphql, settledToken } from '../support/api-client.js';
import { compressedRules } from '../support/compressed-rules.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { OwnProcesses } from '../support/own-processes.js';
import { canTestPrometheus, PROMTOOL, startPrometheus, type TestPrometheus } from '../support/prometheus.js';
import { RedisServer } from '../support/redis-server.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { SteadyLoad, untilAllHaveEnded } from '../support/steady-load.js';
import { writingWorkflow } from '../support/writing-workflow.js';

/** What nothing was measured of here: it takes a price, a cache, a tool, or a kill. */
const UNSEEN = [
  'circuit_breaker_attempts_lost_total',
  'circuit_breaker_cost_usd_total',
  'circuit_breaker_answer_cache_total',
  'circuit_breaker_budgets_nearly_spent_total',
  'circuit_breaker_keys_rested_total',
  'gen_ai_execute_tool_duration_seconds_bucket',
];

/** Ten minutes of the rules are five seconds. */
const COMPRESSION = 120;
const SCRAPED_EVERY_MS = 500;
/** More than all that the test asks for itself within a minute. */
const CALLS_PER_MINUTE = 3000;

/** Models of the mock that each do something else. */
const AGENTS: Readonly<Record<string, object>> = {
  writer: { delayMs: 10 },
  failing: { delayMs: 10, failAtChunk: 2, failWith: 'invalid_request' },
  limited: { delayMs: 10, failWith: 'rate_limit', failAttempts: 1 },
  slow: { delayMs: 11_000, responses: ['Well.'] },
  lengthy: { delayMs: 400, responses: ['A long answer, word by word. '.repeat(10)] },
};

/** Goes on by itself, for ever. */
const ENDLESS = {
  id: 'endless',
  name: 'Endless',
  places: ['left', 'right'],
  initialPlace: 'left',
  transitions: [
    { id: 'go', fromPlaces: ['left'], toPlace: 'right', trigger: 'automatic' },
    { id: 'back', fromPlaces: ['right'], toPlace: 'left', trigger: 'automatic' },
  ],
};

/** More than the alert allows. */
const STUCK = 8;
/** So many that what they are refused is seen at once: long before one of them has waited for as long as another alert allows. */
const WRITERS = 40;

describe.skipIf(!(await canTestPrometheus()))('a Prometheus that asks an API and a worker', () => {
  let processes: OwnProcesses;
  let redis: RedisServer;
  let prometheus: TestPrometheus | undefined;
  let watch: AlertWatch | undefined;
  let load: SteadyLoad;
  let ports: { readonly api: number; readonly worker: number };

  beforeAll(async () => {
    redis = await RedisServer.start({ keepsData: false });
    processes = await OwnProcesses.on({
      STREAM_URL: redis.url,
      CLEANUP_INTERVAL_SECONDS: '1',
      API_RATE_LIMIT_PER_MINUTE: String(CALLS_PER_MINUTE),
    });
    ports = { api: await freePort(), worker: await freePort() };
    for (const command of ['api', 'worker'] as const) {
      const environment = { ...processes.setting.environment, METRICS_PORT: String(ports[command]) };
      processes.all.push(await SpawnedProcess.ready(command, environment));
    }
    const { address } = processes;
    for (const [id, options] of Object.entries(AGENTS)) {
      const llmProvider = { type: 'mock', model: id, options };
      const prompts = { system: 'You write.', userTemplate: 'Write.' };
      await createAgent(address, { id, name: id, llmProvider, prompts });
    }
    await createWorkflow(address, writingWorkflow());
    await createWorkflow(address, ENDLESS);
    const token = await createToken(address, { workflowId: 'writing' });
    await fire(address, { tokenId: token, transitionId: 'write' });
    await settledToken(address, token);
    await expect(fire(address, { tokenId: token, transitionId: 'write' })).rejects.toThrow('TOKEN_CLOSED');
    await createToken(address, { workflowId: 'writing' });
    prometheus = await startPrometheus({
      ports: Object.values(ports),
      rules: compressedRules(ALERTS_FILE, COMPRESSION),
      everyMs: SCRAPED_EVERY_MS,
    });
    watch = new AlertWatch(prometheus);
    load = begun('writer', 250);
  }, 120_000);

  afterAll(async () => {
    await watch?.end();
    await prometheus?.stop();
    redis.thaw();
    await processes.end();
    await redis.stop();
  });

  const begun = (agentId: string, everyMs: number) => new SteadyLoad(processes.address, agentId, { everyMs });
  const asked = async (path: string) => await prometheus?.get(path);

  async function textAt(port: number): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  }

  /** Makes a fault last until its alert fires, and waits until that is over. Gives what began to fire meanwhile, each once: a scrape that is late interrupts one. */
  async function alertsDuring(alert: string, fault: () => Promise<() => unknown>): Promise<readonly string[]> {
    const before = watch?.begun.length ?? 0;
    const mend = await fault();
    await watch?.firing(alert);
    await mend();
    await watch?.silence();
    return [...new Set(watch?.begun.slice(before))];
  }

  async function whileAgentRuns(agentId: string, everyMs: number): Promise<() => Promise<void>> {
    const running = begun(agentId, everyMs);
    return await Promise.resolve(() => running.end());
  }

  it('is told in a format that promtool finds nothing wrong with', async () => {
    for (const port of Object.values(ports)) {
      const promtool = spawn(PROMTOOL, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
      let said = '';
      promtool.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      promtool.stdin.end(await textAt(port));
      await once(promtool, 'close');
      expect(said).toBe('');
    }
  });

  it('counts each thing once, where it is done', async () => {
    expect(await textAt(ports.worker)).toMatch(
      /circuit_breaker_transitions_total\{workflow="[^"]+",transition="write"\} 1\n/,
    );
    expect(await textAt(ports.api)).toMatch(/circuit_breaker_refusals_total\{workflow="[^"]+",code="\w+"\} 1\n/);
    expect(await textAt(ports.api)).not.toContain('circuit_breaker_executions_total');
  });

  it('fires nothing in a quiet run', async () => {
    // Longer than any rule looks back, and waits.
    const quiet = 'count(sum_over_time(up[15s]) > 12) == 2';
    await eventually(async () => {
      const { result } = (await asked(`/api/v1/query?query=${encodeURIComponent(quiet)}`)) as { result: readonly [] };
      expect(result).toHaveLength(1);
    });
    const { groups } = (await asked('/api/v1/rules')) as {
      groups: readonly { rules: readonly { health: string; name: string }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(watch?.begun).toEqual([]);
  });

  const FAULTS: readonly (readonly [alert: string, fault: () => Promise<() => unknown>])[] = [
    ['CircuitBreakerExecutionsFail', () => whileAgentRuns('failing', 250)],
    ['CircuitBreakerProviderLimits', () => whileAgentRuns('limited', 200)],
    ['CircuitBreakerProviderSlow', () => whileAgentRuns('slow', 300)],
    [
      'CircuitBreakerIncidentsGrow',
      async () => {
        const { address } = processes;
        const stuck: string[] = [];
        for (let index = 0; index < STUCK; index += 1)
          stuck.push(await createToken(address, { workflowId: 'endless' }));
        return async () => {
          for (const id of stuck)
            await graphql(address, 'mutation ($id: String!) { cancelToken(id: $id) { id } }', { id });
        };
      },
    ],
    [
      'CircuitBreakerSweepStuck',
      async () => {
        const client = new pg.Client({ connectionString: processes.database.url });
        await client.connect();
        // What only the sweep needs here.
        await client.query('begin; lock table circuit_breaker.cached_answers in access exclusive mode');
        return () => client.end();
      },
    ],
    [
      'CircuitBreakerStreamsInTrouble',
      async () => {
        const viewed = Array.from({ length: WRITERS }, () => begun('lengthy', 100_000));
        await eventually(async () => {
          expect(await textAt(ports.api)).toMatch(/circuit_breaker_streams_open (?:[4-9]\d|1\d\d)\n/);
        });
        await redis.kill();
        return async () => {
          await redis.startAgain();
          await Promise.all(viewed.map((one) => one.end()));
        };
      },
    ],
    [
      'CircuitBreakerLogBehind',
      async () => {
        await load.end();
        await untilAllHaveEnded(processes.address);
        const viewed = begun('lengthy', 100_000);
        await eventually(async () => {
          expect(await textAt(ports.api)).toContain('circuit_breaker_streams_open 1\n');
        });
        await redis.freeze();
        return async () => {
          redis.thaw();
          await viewed.end();
        };
      },
    ],
    [
      'CircuitBreakerCallersLimited',
      () => {
        const isOver = new AbortController();
        const calling = Array.from({ length: 8 }, async () => {
          while (!isOver.signal.aborted) await (await fetch(`${processes.address}/graphql?query={__typename}`)).text();
        });
        return Promise.resolve(async () => {
          isOver.abort();
          await Promise.all(calling);
        });
      },
    ],
  ];

  it.each(FAULTS)('has %s fire for its own fault, and no other, until that is over', async (alert, fault) => {
    expect(await alertsDuring(alert, fault)).toEqual([alert]);
  });

  it('has seen all of them, in their order', () => {
    expect([...new Set(watch?.begun)]).toEqual(FAULTS.map(([alert]) => alert));
  });

  it('has seen every series that alerts and the dashboard ask for, and takes every query of theirs', async () => {
    const wanted = [...new Set(askedQueries().flatMap(([, query]) => seriesIn(query)))];
    const names = (await asked('/api/v1/label/__name__/values')) as readonly string[];
    expect(wanted.filter((name) => !names.includes(name) && !UNSEEN.includes(name))).toEqual([]);
    for (const [, query] of askedQueries()) await asked(`/api/v1/query?query=${encodeURIComponent(query)}`);
  });
});
