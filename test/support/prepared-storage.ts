import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openStorage } from '../../src/storage/open-storage.js';
import { MemoryLogger } from './memory-logger.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MIGRATIONS = join(ROOT, 'src/backends/postgres/migrations');
const MODELS = join(ROOT, 'node_modules/.cache/circuit-breaker');

/** Puts a folder of PGlite there, as a first start leaves it: to make one takes seconds of computing, to copy it none. */
export async function putPreparedStorage(folder: string): Promise<void> {
  const model = join(MODELS, `storage-${await fingerprint()}`);
  if (!existsSync(model)) await makeModel(model);
  await cp(model, folder, { recursive: true });
}

/** Several may make it at once: each makes one of its own, and the first that is whole stays. */
async function makeModel(model: string): Promise<void> {
  await mkdir(MODELS, { recursive: true });
  const own = await mkdtemp(`${model}-`);
  const { storage } = await openStorage(`pglite:${own}/storage`, { logger: new MemoryLogger() });
  await storage.close();
  await rename(`${own}/storage`, model).catch((error: unknown) => {
    if (!existsSync(model)) throw error;
  });
  await rm(own, { recursive: true, force: true });
}

/** Of what makes the folder: PGlite, and our tables. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(
    await readFile(join(ROOT, 'node_modules/@electric-sql/pglite/package.json')),
  );
  for (const name of (await readdir(MIGRATIONS)).filter((one) => one.endsWith('.sql')).sort()) {
    hash.update(`${name}\n`).update(await readFile(join(MIGRATIONS, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
