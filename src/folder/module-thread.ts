/** A program, in the thread that module-process keeps: loads one module after the other, and says what each exports. */
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';

import { wordsOf } from '../core/errors.js';
import { isJsonObject } from '../core/json/json.js';
import { failedPlace, firstWords } from '../user-modules/failed-place.js';
import { readTypeScript } from '../user-modules/read-typescript.js';
import { resolveFromHere } from '../user-modules/resolve-from-here.js';
import type { ModuleAnswer, ModuleRequest, ModuleWord } from './module-word.js';

/** Of a definition as JSON. */
const MOST_CHARACTERS = 4 * 1024 * 1024;
const EXPORT_ONE = 'export one definition: export default defineWorkflow({ … }), or defineAgent';

const say = (word: ModuleWord) => parentPort?.postMessage(word);
// Modules may put others in their places, for all that are loaded after them.
const { stringify } = JSON;

async function load({ path }: ModuleRequest): Promise<ModuleAnswer> {
  try {
    const exported = definitionIn((await import(pathToFileURL(path).href)) as unknown);
    const definition = await exported;
    if (!isJsonObject(definition)) throw new Error(`its export is no definition: ${EXPORT_ONE}`);
    const json = stringify(definition, refuseWhatJsonLeavesOut) as string | undefined;
    if (json === undefined) throw new Error(`its export is nothing in JSON: ${EXPORT_ONE}`);
    if (json.length > MOST_CHARACTERS) return { type: 'failed', message: 'its definition has more than 4 MiB' };
    return { type: 'read', json };
  } catch (error) {
    const place = failedPlace(error, path);
    return { type: 'failed', message: firstWords(wordsOf(error)), ...(place === undefined ? {} : { place }) };
  }
}

/** The default export, or else the only one. */
function definitionIn(module: unknown): unknown {
  const exports: Readonly<Record<string, unknown>> = { ...(module as object) };
  const [only, ...others] = Object.values(exports);
  if ('default' in exports) return exports['default'];
  if (only !== undefined && others.length === 0) return only;
  throw new Error(`it has ${only === undefined ? 'no export' : 'several exports and no default'}: ${EXPORT_ONE}`);
}

function refuseWhatJsonLeavesOut(key: string, value: unknown): unknown {
  const isLeftOut = typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint';
  if (isLeftOut || (typeof value === 'number' && !Number.isFinite(value))) {
    throw new Error(
      `its member "${key}" is ${typeof value === 'number' ? String(value) : `a ${typeof value}`}: a definition is plain data`,
    );
  }
  return value;
}

resolveFromHere();
readTypeScript();
parentPort?.on('message', (request: ModuleRequest) => {
  const { number } = request;
  void load(request).then((answer) => {
    say({ ...answer, number });
  });
});
say({ type: 'ready' });
