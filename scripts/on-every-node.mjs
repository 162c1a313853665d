/**
 * Does what users do first on every Node of `.ci/nodes`. In a clone: installs, runs the unit tests, and sends a document through
 * review by the mock. In an empty folder: installs the package as it is packed, has `npm create` make a folder of agents with tools in
 * TypeScript, and there installs, validates, tests, and sends a document through review. The Nodes come from the npm registry, but for
 * the present one: that is the last, its installation stays, and its unit tests are left to `npm test`. Ends with 1, and says why, as
 * soon as something fails. Names of Nodes (`22`) and of parts (`clone`, `package`) as arguments: only those.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
function run(command, { node, env = {}, cwd = ROOT }) {
  const PATH = node === undefined ? process.env.PATH : `${node}${delimiter}${process.env.PATH}`;
  const options = {
    cwd,
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

/** Runs a command of npm that installs, and refuses its warnings of packages for other Nodes. */
function install(command, place) {
  const said = run(`${command} --no-audit --no-fund --prefer-offline --loglevel=warn`, place);
  const warnings = said.split('\n').filter((line) => line.includes('EBADENGINE'));
  if (warnings.length > 0)
    throw new Failure(`\`${command}\` warns of packages for other Nodes:\n${warnings.join('\n')}`);
}

function testUnits(node) {
  return run('npm run --silent test:unit', { node }).trim().split('\n').at(-1);
}

/** What a command says that has nothing of the machine's configuration: the mock, on a new folder and on ports that are free. */
async function runAlone(command, place) {
  const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-'));
  const [PORT, TEMPORAL_PORT, TEMPORAL_UI_PORT] = await freePorts(3);
  const own = { DATA_DIR: folder, PORT, TEMPORAL_PORT, TEMPORAL_UI_PORT, OLLAMA_BASE_URL: 'http://127.0.0.1:1' };
  try {
    return run(command, { ...place, env: { ...unset(), ...own } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function reviewDocument(demo, place) {
  const said = await runAlone(demo, place);
  if (!/^Outcome: +published /m.test(said)) throw new Failure(`the demo did not publish:\n${said.slice(-TAIL)}`);
}

/** What a clone does. Gives back what its tests say. */
async function checkClone(node) {
  install('npm ci', { node });
  const units = node === undefined ? '' : `, unit tests ${testUnits(node)}`;
  await reviewDocument('npm run --silent demo', { node });
  return `a clone installed${units}, a document reviewed`;
}

let packed;

/** The tarballs of both packages, which are made once, of what the first installation has built. */
function tarballs() {
  if (packed !== undefined) return packed;
  const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-packed-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const cwd of [ROOT, join(ROOT, 'packages/create-circuit-breaker')])
    run(`npm pack --ignore-scripts --pack-destination "${folder}"`, { cwd });
  packed = readdirSync(folder).map((name) => join(folder, name));
  return packed;
}

/** What whoever has only the package does. Gives back what the tests of the folder say. */
async function checkPackage(node) {
  const root = mkdtempSync(join(tmpdir(), 'circuit-breaker-folder-'));
  try {
    // As npx does, which keeps no package.json that anybody sees.
    const npx = join(root, 'npx');
    mkdirSync(npx);
    writeFileSync(join(npx, 'package.json'), '{"private":true}');
    install(`npm install "${tarballs().join('" "')}"`, { node, cwd: npx });
    const made = join(root, 'my-agents');
    run(`npx --no create-circuit-breaker "${made}" --template support-ticket`, { node, cwd: npx });
    // Most of what the folder needs is there already, so that npm has to add the rest only.
    renameSync(join(npx, 'node_modules'), join(made, 'node_modules'));
    const place = { node, cwd: made };
    install('npm install', place);
    run('npm run validate', place);
    const doctor = await runAlone('npx --no circuit-breaker doctor', place);
    if (!/^ok +Tools +lookup_order, /m.test(doctor)) throw new Failure(`no tools in TypeScript are loaded:\n${doctor}`);
    const [, passed] = /Tests +(\d+ passed)/.exec(run('npm test', { ...place, env: { NO_COLOR: '1' } })) ?? [];
    if (passed === undefined) throw new Failure('`npm test` of the folder runs no test');
    await reviewDocument('npx --no circuit-breaker demo', place);
    return `the package installed, a folder of agents made, tests ${passed}, a document reviewed`;
  } finally {
    rmSync(root, { recursive: true, force: true });
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

async function check(version, parts) {
  const node = version === present ? undefined : provide(version);
  for (const part of parts) {
    const startedAt = Date.now();
    const said = await PARTS[part](node);
    console.log(`Node ${version}: ${said} (${Math.round((Date.now() - startedAt) / 1000)} s)`);
  }
}

const PARTS = { clone: checkClone, package: checkPackage };
const present = process.versions.node;
const major = (version) => version.split('.')[0];
const others = readFileSync(join(ROOT, '.ci/nodes'), 'utf8').trim().split('\n');
const versions = [...others.filter((version) => major(version) !== major(present)), present];
const named = process.argv.slice(2);
const isNamed = (name, of) => !named.some((each) => of.includes(each)) || named.includes(name);
const parts = Object.keys(PARTS).filter((part) => isNamed(part, Object.keys(PARTS)));
for (const version of versions.filter((each) => isNamed(major(each), versions.map(major)))) {
  try {
    await check(version, parts);
  } catch (error) {
    console.error(`\nOn Node ${version} ${error instanceof Failure ? error.message : error.stack}`);
    process.exit(1);
  }
}
