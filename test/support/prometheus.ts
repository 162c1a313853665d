import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

const PROMETHEUS = process.env['TEST_PROMETHEUS'] ?? '/usr/bin/prometheus';
export const PROMTOOL = process.env['TEST_PROMTOOL'] ?? '/usr/bin/promtool';

/** Whether tests with Prometheus can run. With CI=true they must: then they fail instead of being skipped. */
export async function canTestPrometheus(): Promise<boolean> {
  try {
    await Promise.all([PROMETHEUS, PROMTOOL].map((path) => access(path, constants.X_OK)));
    return true;
  } catch {
    if (process.env['CI'] === 'true') return true;
    console.warn(
      `Skipped: no ${PROMETHEUS} and ${PROMTOOL} (set TEST_PROMETHEUS and TEST_PROMTOOL where they are elsewhere).`,
    );
    return false;
  }
}

export interface TestPrometheus {
  /** What an address of its API gives: `/api/v1/…`. Throws where that is an error. */
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** What it asks, how often it does, and what it has to judge by. */
interface PrometheusOrder {
  readonly ports: readonly number[];
  /** The text of a file of rules. */
  readonly rules: string;
  readonly everyMs: number;
}

/** A Prometheus of its own, with an empty memory, that scrapes these ports of this machine. */
export async function startPrometheus({ ports, rules, everyMs }: PrometheusOrder): Promise<TestPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const targets = ports.map((port) => `127.0.0.1:${port}`);
  const config = {
    global: { scrape_interval: `${everyMs}ms`, evaluation_interval: `${everyMs}ms` },
    rule_files: [join(folder, 'rules.yml')],
    scrape_configs: [{ job_name: 'circuit-breaker', static_configs: [{ targets }] }],
  };
  await writeFile(join(folder, 'rules.yml'), rules);
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const words = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(PROMETHEUS, words, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const body = (await response.json()) as { status: string; data: unknown };
    if (body.status !== 'success') throw new Error(`${path}: ${JSON.stringify(body)}`);
    return body.data;
  };
  try {
    await eventually(() => get('/api/v1/targets'));
    return { get, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
