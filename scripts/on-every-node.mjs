/**
 * Does what a user does first on every Node of `.ci/nodes`: installs, runs the unit tests, and sends a document through
 * review by the mock. The Nodes come from the npm registry, but for the present one: that is the last, its installation
 * stays, and its unit tests are left to `npm test`. Ends with 1, and says why, as soon as something fails.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runCheck } from './child-process.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'circuit-breaker');
/** So much of what a failed command said is shown. */
const TAIL = 8000;

class Failure extends Error {}

/** What a command says, with one Node before all others on the PATH; undefined: the present one. */
function run(command, { node, env = {} }) {
  const PATH = node === undefined ? process.env.PATH : `${node}${delimiter}${process.env.PATH}`;
  const options = {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...env, PATH },
  };
  const { status, stdout, stderr } = runCheck(command, options);
  if (status !== 0) throw new Failure(`\`${command}\` failed:\n${`${stdout}\n${stderr}`.slice(-TAIL)}`);
  return `${stdout}\n${stderr}`;
}

/** The folder with the program `node` of a version. */
function provide(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = join(CACHE, `node-${version}`);
  const folder = join(prefix, 'node_modules', name, 'bin');
  if (!existsSync(join(folder, 'node'))) {
    run(`npm install --no-save --no-package-lock --no-audit --no-fund --prefix "${prefix}" ${name}@${version}`, {});
  }
  return folder;
}

function install(node) {
  const said = run('npm ci --no-audit --no-fund --loglevel=warn', { node });
  const warnings = said.split('\n').filter((line) => line.includes('EBADENGINE'));
  if (warnings.length > 0) throw new Failure(`\`npm ci\` warns of packages for other Nodes:\n${warnings.join('\n')}`);
}

function testUnits(node) {
  return run('npm run --silent test:unit', { node }).trim().split('\n').at(-1);
}

/** Nothing of the machine's configuration: the mock, on a new folder and on ports that are free. */
async function reviewDocument(node) {
  const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-'));
  const [PORT, TEMPORAL_PORT, TEMPORAL_UI_PORT] = await freePorts(3);
  const own = { DATA_DIR: folder, PORT, TEMPORAL_PORT, TEMPORAL_UI_PORT, OLLAMA_BASE_URL: 'http://127.0.0.1:1' };
  try {
    const said = run('npm run --silent demo', { node, env: { ...unset(), ...own } });
    if (!/^Outcome: +published /m.test(said)) throw new Failure(`the demo did not publish:\n${said.slice(-TAIL)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every variable that configures us, but for where Temporal's program is. */
function unset() {
  const names = readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^#?([A-Z_]+)=/gm);
  return Object.fromEntries(
    [...names].map(([, name]) => [name, undefined]).filter(([name]) => name !== 'TEMPORAL_CLI_PATH'),
  );
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => String(server.address().port));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function check(version, isPresent) {
  const startedAt = Date.now();
  const node = isPresent ? undefined : provide(version);
  install(node);
  const units = isPresent ? '' : `, unit tests ${testUnits(node)}`;
  await reviewDocument(node);
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(`Node ${version}: installed without a warning about engines${units}, a document reviewed (${seconds} s)`);
}

const present = process.versions.node;
const isOther = (version) => version.split('.')[0] !== present.split('.')[0];
const others = readFileSync(join(ROOT, '.ci/nodes'), 'utf8').trim().split('\n').filter(isOther);
for (const version of [...others, present]) {
  try {
    await check(version, version === present);
  } catch (error) {
    console.error(`\nOn Node ${version} ${error instanceof Failure ? error.message : error.stack}`);
    process.exit(1);
  }
}
