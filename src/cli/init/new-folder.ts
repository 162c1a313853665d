import { randomBytes } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { CircuitBreakerError } from '../../core/errors.js';
import { makeDirectory } from '../../make-directory.js';
import { isThere } from '../is-there.js';
import { newAccessToken } from '../new-access-token.js';
import { writeWhole } from '../write-whole.js';
import { ownSource, testedVersion } from './package-source.js';
import { FIRST_STEPS, templateFiles, type TemplateFile, type TemplateName } from './templates.js';

/** Only for whoever made them. */
const SECRET_MODE = 0o600;
const SECRETS = '.env';
const LONGEST_NAME = 100;
/** Where a folder's own name is none for a package. */
const FALLBACK_NAME = 'my-agents';

/**
 * Makes a folder of agents and workflows from a template. Gives its files. Writes over nothing: where one of them is there already, nothing
 * is written, and ALREADY_EXISTS names them. A call that was ended in its middle has left files as they are made, and whole: the next call
 * goes on with them. The file of secrets is the last one, so a folder that has it is made.
 */
export async function makeFolder(folder: string, template: TemplateName): Promise<readonly string[]> {
  const name = packageName(folder);
  const words = { name, ...FIRST_STEPS[template] };
  const files = [...(await templateFiles(template)), ...(await madeFiles(folder, name))].map((file) =>
    filled(file, words),
  );
  const taken = await takenOf(folder, files);
  if (taken.length > 0) {
    const message = `${folder} has ${taken.join(', ')} already, and nothing is written over: take another folder.`;
    throw new CircuitBreakerError('ALREADY_EXISTS', message);
  }
  for (const file of files) if (!(await isThere(join(folder, file.file)))) await writeNew(folder, file);
  return files.map(({ file }) => file).sort();
}

async function madeFiles(folder: string, name: string): Promise<readonly TemplateFile[]> {
  const manifest = {
    name,
    private: true,
    type: 'module',
    scripts: {
      dev: 'circuit-breaker dev',
      start: 'circuit-breaker start',
      validate: 'circuit-breaker validate',
      test: 'vitest run',
    },
    dependencies: { 'circuit-breaker': await ownSource(folder), zod: await testedVersion('zod') },
    devDependencies: {
      '@types/node': await testedVersion('@types/node'),
      typescript: await testedVersion('typescript'),
      vitest: await testedVersion('vitest'),
    },
  };
  return [
    { file: 'package.json', content: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) },
    { file: SECRETS, content: Buffer.from(variables()) },
  ];
}

function variables(): string {
  return `# Made for this folder alone, at random. Not for git.
STREAM_AUTH_SECRET=${randomBytes(32).toString('base64url')}

# Without the #, whoever reaches the API has to show it; commands that run in this folder do so by themselves.
# AGENT_ACCESS_TOKEN=${newAccessToken()}

# The key of your provider: one of these, or an Ollama that runs.
# OPENAI_API_KEY=
# ANTHROPIC_API_KEY=
# GOOGLE_API_KEY=

# Where workers find the functions that agents call.
TOOLS_DIR=tools

# Ports, where another program has these. circuit-breaker.yaml has the first one, too.
# PORT=4000
# TEMPORAL_PORT=7233
# TEMPORAL_UI_PORT=8233
`;
}

/** The README says what the folder and its parts are called. */
function filled({ file, content }: TemplateFile, words: Readonly<Record<string, string>>): TemplateFile {
  if (file !== 'README.md') return { file, content };
  const text = content.toString('utf8').replaceAll(/\{\{(\w+)\}\}/g, (_all, word: string) => words[word] ?? word);
  return { file, content: Buffer.from(text) };
}

/** What npm takes as the name of a package, from the folder's. */
function packageName(folder: string): string {
  const words = basename(resolve(folder))
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const name = words.join('-').slice(0, LONGEST_NAME);
  return name === '' || name === 'node-modules' || name === 'circuit-breaker' ? FALLBACK_NAME : name;
}

/** Those that are there already, where one of them is another than would be made. */
async function takenOf(folder: string, files: readonly TemplateFile[]): Promise<readonly string[]> {
  const found = await Promise.all(
    files.map(async (file) =>
      (await isThere(join(folder, file.file))) ? { file, isSame: await isAsMade(folder, file) } : [],
    ),
  );
  const there = found.flat();
  return there.every(({ isSame }) => isSame) ? [] : there.map(({ file: { file } }) => file);
}

async function isAsMade(folder: string, { file, content }: TemplateFile): Promise<boolean> {
  const path = join(folder, file);
  if (!(await lstat(path)).isFile()) return false;
  return await readFile(path).then(
    (found) => content.equals(found),
    () => false,
  );
}

async function writeNew(folder: string, { file, content }: TemplateFile): Promise<void> {
  const path = join(folder, file);
  await makeDirectory(dirname(path));
  await writeWhole(path, content, file === SECRETS ? { mode: SECRET_MODE } : {});
}
