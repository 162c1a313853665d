import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

import { shortened } from '../core/json/shortened.js';

export interface ModulePlace {
  readonly line: number;
  readonly column: number;
}

/**
 * Where in a module something was thrown, as the stack has it, or does not parse, as the compiler's message has it. Undefined where it
 * was in another module.
 */
export function failedPlace(error: unknown, path: string): ModulePlace | undefined {
  const { stack = '', message } = error instanceof Error ? error : new Error(String(error));
  const names = [pathToFileURL(path).href, path].map((name) => `${name}:`);
  for (const line of `${stack}\n${message}`.split('\n')) {
    for (const name of names) {
      const at = line.indexOf(name);
      const found = at < 0 ? null : /^(\d+):(\d+)/.exec(line.slice(at + name.length));
      if (found !== null) return { line: Number(found[1]), column: Number(found[2]) };
    }
  }
  return undefined;
}

const MOST_CHARACTERS = 500;

/** The words of an error in one line: of the compiler's, what stands above its picture of the code. */
export function firstWords(message: string): string {
  const lines = stripVTControlCharacters(message).split('\n');
  const first = lines.find((line) => line.trim() !== '') ?? 'it was thrown without a word';
  return shortened(first.replace(/^\s*[x×]\s+/, '').trim(), MOST_CHARACTERS);
}
