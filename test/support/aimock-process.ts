import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FixtureFileEntry } from '@copilotkit/aimock';

import type { JsonObject } from '../../src/core/json/json.js';

export interface AimockSettings {
  /**
   * A module that exports `fixtures`, for answers that depend on the request. First match wins, so what is general
   * comes last. Absent: only what `addFixtures` brings.
   */
  readonly modulePath?: string;
  /** Between two chunks. */
  readonly latencyMs?: number;
  /** Characters in a chunk. */
  readonly chunkSize?: number;
}

/** What aimock logs of one request. */
export interface LoggedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly response: { readonly status: number };
}

/** An independent server of OpenAI's formats in a process of its own; it ends with the process that started it. */
export interface AimockProcess {
  /** With `/v1`: what a provider takes as `baseUrl`. */
  readonly baseUrl: string;
  readonly pid: number;
  /** Oldest first, without calls to its control API. */
  requests(): Promise<readonly LoggedRequest[]>;
  /** What was sent in each call of a model, oldest first, in the words of its own API. */
  bodies(): Promise<readonly JsonObject[]>;
  /** Requests whose client closed the connection before the answer was complete. */
  cancelled(): Promise<readonly { readonly path: string }[]>;
  /** Behind those that are there already. */
  addFixtures(fixtures: readonly FixtureFileEntry[]): Promise<void>;
  stop(): Promise<void>;
}

const SERVER = fileURLToPath(new URL('./processes/aimock-server.ts', import.meta.url));

export async function startAimock(settings: AimockSettings = {}): Promise<AimockProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', SERVER], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const url = await ready(child, settings);
  return {
    baseUrl: `${url}/v1`,
    pid: child.pid ?? -1,
    requests: async () => {
      const logged = (await getJson(`${url}/__aimock/journal`)) as readonly LoggedRequest[];
      return logged.filter(({ path }) => !path.startsWith('/__'));
    },
    bodies: async () => (await getJson(`${url}/__test/bodies`)) as readonly JsonObject[],
    cancelled: async () => (await getJson(`${url}/__test/cancelled`)) as readonly { path: string }[],
    addFixtures: async (fixtures) => {
      await getJson(`${url}/__aimock/fixtures`, { method: 'POST', body: JSON.stringify({ fixtures }) });
    },
    stop: () => stop(child),
  };
}

async function ready(child: ChildProcess, settings: AimockSettings): Promise<string> {
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`aimock ended with ${String(code)} before it was ready`));
    });
    child.once('message', (message) => {
      resolve((message as { url: string }).url);
    });
    child.send(settings);
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill();
  });
}

async function getJson(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
