/** `npm run cluster`: the cluster of docker-compose.yml as processes of this machine, until Ctrl-C. */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs, parseEnv } from 'node:util';

import { EndRequest } from '../../src/compose/end-request.js';
import { startCluster, type Cluster } from './start-cluster.js';

const HELP = `npm run cluster [-- --data DIR] [--any-ports] [--file FILE]

Starts the services of docker-compose.yml (and docker-compose.override.yml) as processes of this machine: Temporal by its dev server,
PostgreSQL, Redis and NATS by the programs that are installed here, a small proxy in place of Caddy, two APIs and two workers.
Missing secret files are made in ./secrets. Ctrl-C ends all of it.

  --data DIR     where volumes are kept; .circuit-breaker/cluster unless it is said
  --any-ports    free ports in place of those that the file publishes
  --file FILE    another compose file; what it overrides is looked for beside it
`;
const NAME_WIDTH = 'postgres-1'.length;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.circuit-breaker/cluster' },
    file: { type: 'string' },
    'any-ports': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const request = new EndRequest();
  const say = (name: string, line: string) => {
    console.log(`${name.padEnd(NAME_WIDTH)} | ${line}`);
  };
  try {
    const starting = startCluster({
      dataDir: values.data,
      ...(values.file === undefined ? {} : { file: values.file }),
      secretsDir: process.env['SECRETS_DIR'] ?? 'secrets',
      variables: { ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}), ...process.env },
      asPublished: !values['any-ports'],
      signal: request.signal,
      say,
    });
    const cluster = await starting;
    console.log(banner(cluster));
    await request.received();
    console.log('\nEnding, what is needed by others last.');
    await cluster.stop();
  } catch (error) {
    if (request.reason === undefined) {
      console.error(`\n${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  } finally {
    request.release();
  }
}

function banner(cluster: Cluster): string {
  const at = (service: string, port: number) => cluster.addresses(service, port).join(' and ');
  const rows = [
    ['GraphQL', `http://${at('proxy', 8080)}/graphql, in front of ${at('api', 4000)}`],
    ['Access', 'Authorization: Bearer, with what is in secrets/access_token'],
    [
      'Temporal',
      `${at('temporal', 7233)}, UI at http://${at('temporal-ui', 8080)} (the dev server stands in for server, tables and UI)`,
    ],
    ['PostgreSQL', at('postgres', 5432)],
    ['Redis', at('redis', 6379)],
    ['NATS', at('nats', 4222)],
    ['Data', values.data],
    ['Processes', cluster.processes.map(({ name, pid }) => `${name} ${String(pid)}`).join(', ')],
  ];
  return ['Cluster ready', ...rows.map(([name = '', value = '']) => `  ${name.padEnd(12)} ${value}`)].join('\n');
}
