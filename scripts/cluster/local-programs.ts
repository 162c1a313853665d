import { chown, mkdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { programEnvironments, type ProgramEnvironment } from '../../src/core/program-environment.js';
import { devServerArguments } from '../../src/temporal/dev-server.js';
import { findTemporalCli } from '../../src/temporal/find-temporal-cli.js';
import { isServing } from '../../src/temporal/is-serving.js';
import { proxySettings } from './caddyfile.js';
import { findProgram, unprivilegedUser } from './find-program.js';
import type { LocalService } from './local-service.js';
import { runToEnd } from './run-to-end.js';

/** How a process of this machine does what a container would do. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Done once, before its first start; may be done again. */
  readonly prepare?: () => Promise<void>;
  /** In place of the health check of the file, which is for what it stands in for. */
  readonly isWell?: () => Promise<boolean>;
}

/** What the programs have in common. */
export interface Surroundings {
  readonly say: (line: string) => void;
  /** Where the dev server keeps what the server of the file keeps in PostgreSQL. */
  readonly temporalFolder: string;
  /** Where the UI of Temporal is to be on this machine. */
  readonly temporalUiPort: number;
  /** Where the processes are of the service that the proxy is in front of. */
  readonly upstreams: (service: string, port: number) => readonly string[];
}

type Program = (service: LocalService, surroundings: Surroundings) => Launch | Promise<Launch>;

/** Our own, and what stands in for other images: by what an image is called without its version. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  'circuit-breaker': ourProcess,
  postgres: postgres,
  redis: (service) => serverOnVolume('redis-server', service, ['--bind', '127.0.0.1']),
  nats: (service) => serverOnVolume('nats-server', service, ['--addr', '127.0.0.1']),
  caddy: proxy,
  'temporalio/server': temporalServer,
};
const PACKAGES: Readonly<Record<string, string>> = {
  'redis-server': 'Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis',
  'nats-server': 'Debian and Ubuntu: apt-get install nats-server; macOS: brew install nats-server',
  postgres: 'Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17',
  initdb: 'it comes with PostgreSQL',
};
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The dev server, which has its own tables, its own namespace and its UI within it. */
export const isTemporalServer = (image: string): boolean => nameOf(image) === 'temporalio/server';
export const isWithinTemporalServer = (image: string): boolean =>
  /^temporalio\/(?:admin-tools|ui)$/.test(nameOf(image));

/** How the local program of a service is started. Throws for an image that none is known for, and for a program that is missing. */
export async function launchOf(service: LocalService, surroundings: Surroundings): Promise<Launch> {
  const program = PROGRAMS[nameOf(service.image)];
  if (program !== undefined) return await program(service, surroundings);
  throw new Error(
    `no program of this machine is known that does what ${service.image} does (scripts/cluster/local-programs.ts)`,
  );
}

/** Who the process of an image is to be, where not who we are. */
export function userOf(image: string): Launch['user'] {
  return nameOf(image) === 'postgres' ? unprivilegedUser() : undefined;
}

function nameOf(image: string): string {
  return image.replace(/(?<!\/):[^/]*$/, '');
}

function needed(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`there is no ${name} on this machine. ${PACKAGES[name] ?? ''}`);
  return path;
}

/** Called as the file calls it, and told to listen to nobody but this machine. */
function serverOnVolume(name: string, { words, paths }: LocalService, locally: readonly string[]): Launch {
  return {
    program: needed(name),
    args: [...words.slice(1), ...locally],
    prepare: async () => {
      await mkdir(paths['/data'] ?? '', { recursive: true, mode: 0o700 });
    },
  };
}

function ourProcess(service: LocalService): Launch {
  return { program: process.execPath, args: [join(ROOT, 'bin/circuit-breaker.js'), ...service.words] };
}

function proxy(service: LocalService, { upstreams }: Surroundings): Launch {
  const { listens, name, port } = proxySettings(service.paths['/etc/caddy/Caddyfile'] ?? '');
  const settings = JSON.stringify({ port: service.ports.get(listens), upstreams: upstreams(name, port) });
  const module = join(ROOT, 'scripts/cluster/proxy-process.ts');
  const tsx = import.meta.resolve('tsx');
  return { program: process.execPath, args: ['--import', tsx, module, settings] };
}

async function temporalServer(
  service: LocalService,
  { say, temporalFolder, temporalUiPort }: Surroundings,
): Promise<Launch> {
  const { XDG_CACHE_HOME, TEMPORAL_CLI_PATH, PATH } = process.env;
  const search = {
    cacheDir: join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'circuit-breaker'),
    environments: programEnvironments(process.env),
    ...(PATH === undefined ? {} : { searchPath: PATH }),
    ...(TEMPORAL_CLI_PATH === undefined ? {} : { cliPath: TEMPORAL_CLI_PATH }),
  };
  const port = service.ports.get(7233) ?? 7233;
  const place = { namespace: 'default', port, uiPort: temporalUiPort };
  return {
    program: await findTemporalCli(search, { report: say }),
    args: devServerArguments(place, join(temporalFolder, 'temporal.db')),
    prepare: async () => {
      await mkdir(temporalFolder, { recursive: true });
    },
    isWell: () => isServing(`127.0.0.1:${port}`),
  };
}

function postgres(service: LocalService): Launch {
  const user = userOf(service.image);
  const folder = service.paths['/var/lib/postgresql/data'] ?? '';
  const port = String(service.ports.get(5432));
  const initdb = needed('initdb');
  return {
    program: join(dirname(initdb), 'postgres'),
    args: [...service.words.slice(1), '-D', folder, '-p', port, '-h', '127.0.0.1', '-c', 'unix_socket_directories='],
    user,
    prepare: () => makeDatabase({ service, folder, initdb, user }),
  };
}

interface NewDatabase {
  readonly service: LocalService;
  readonly folder: string;
  readonly initdb: string;
  readonly user: Launch['user'];
}

/** As the image does it on an empty volume: whole, or not at all. */
async function makeDatabase({ service, folder, initdb, user }: NewDatabase): Promise<void> {
  if (existsSync(folder)) return;
  const {
    POSTGRES_USER = '',
    POSTGRES_DB = '',
    POSTGRES_PASSWORD_FILE = '',
    POSTGRES_INITDB_ARGS = '',
  } = service.environment;
  const incoming = `${folder}.new`;
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  if (user !== undefined) await chown(incoming, user.uid, user.gid);
  const who = ['--username', POSTGRES_USER, '--pwfile', POSTGRES_PASSWORD_FILE, '--auth', 'scram-sha-256'];
  const how = ['--encoding', 'UTF8', '--locale', 'C', ...POSTGRES_INITDB_ARGS.split(' ').filter((one) => one !== '')];
  const options = { user, cwd: resolve(incoming) };
  await runToEnd(initdb, ['-D', incoming, ...who, ...how], options);
  const single = ['--single', '-D', incoming, 'postgres'];
  await runToEnd(join(dirname(initdb), 'postgres'), single, {
    ...options,
    input: `CREATE DATABASE "${POSTGRES_DB}"\n`,
  });
  await rename(incoming, folder);
}

/** What a program finds in its environment: what any needs to know of the machine, and what the file says. */
export function environmentOf(service: LocalService): ProgramEnvironment {
  return { ...programEnvironments(process.env).forAll, ...service.environment };
}
