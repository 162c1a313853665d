import { nestsDeeper } from '../core/json/nesting.js';
import type { DefinitionFile, ReadText } from './definition-source.js';
import { readText } from './folder-files.js';
import { START, type TextPlace } from './folder-problem.js';
import { literalPlace } from './literal-place.js';
import { MODULE_MEMORY_MB } from './module-limits.js';
import type { ModuleLoader } from './module-loader.js';

/** As deep as values may be is said where they are judged; deeper, looking at them is not safe. */
const MOST_LEVELS = 200;

/** What a module of TypeScript or JavaScript defines. Its text is looked at only to say where something stands. */
export async function readModule({ path }: DefinitionFile, modules: ModuleLoader): Promise<ReadText> {
  const text = await readText(path);
  if (typeof text !== 'string') return { problems: [text], locate: () => START };
  if (text.trim() === '') return failed({ ...START, code: 'FILE_EMPTY', message: 'there is nothing in it' });
  const loaded = await modules.load(path);
  switch (loaded.type) {
    case 'read': {
      if (nestsDeeper(loaded.json, MOST_LEVELS)) {
        return failed({ ...START, code: 'TOO_DEEP', message: 'values may be nested 64 deep at most' });
      }
      const input = valueOf(loaded.json);
      if (input === undefined) return failed({ ...START, code: 'MODULE_FAILED', message: 'what it gives is no JSON' });
      return { input, problems: [], locate: (pointer): TextPlace => literalPlace(text, input, pointer) };
    }
    case 'late': {
      const message = `it has not loaded within ${loaded.limitMs / 1000} s: a definition waits for nothing`;
      return failed({ ...START, code: 'MODULE_TOO_SLOW', message });
    }
    case 'too-large': {
      const message = `it takes more than ${MODULE_MEMORY_MB} MB of memory: a definition is data, and small`;
      return failed({ ...START, code: 'MODULE_TOO_LARGE', message });
    }
    case 'failed':
    case 'ended':
      return failed({ ...(loaded.place ?? START), code: 'MODULE_FAILED', message: loaded.message });
  }
}

/** Undefined where a module has spoken for the one that loads it. */
function valueOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function failed(problem: ReadText['problems'][number]): ReadText {
  return { problems: [problem], locate: () => START };
}
