import { isJsonObject } from '../core/json/json.js';
import { pointerSteps } from '../core/json/json-pointer.js';
import { placeAt, type TextPlace } from './folder-problem.js';

const QUOTES = ["'", '"', '`'] as const;

/**
 * Where in the text of a module something probably stands that a pointer leads to in what it exports: the text that is there, or else
 * the id or the name of what it is part of, wherever that stands in quotes for the only time. The value may have been computed: then
 * it is where the module begins to export.
 */
export function literalPlace(text: string, input: unknown, pointer: string): TextPlace {
  const way = [input];
  for (const name of pointerSteps(pointer)) {
    const value = way.at(-1);
    const next: unknown =
      isJsonObject(value) || Array.isArray(value)
        ? Object.entries(value).find(([key]) => key === name)?.[1]
        : undefined;
    if (next === undefined) break;
    way.push(next);
  }
  const words = way.reverse().flatMap(wordsOf);
  const offset = words.map((word) => onlyPlace(text, word)).find((at) => at !== undefined);
  return placeAt(text, offset ?? Math.max(text.search(/^export\b/m), 0));
}

function wordsOf(value: unknown): readonly string[] {
  const words = isJsonObject(value) ? [value['id'], value['agentId'], value['expression']] : [value];
  return words.filter((word) => typeof word === 'string');
}

function onlyPlace(text: string, word: string): number | undefined {
  const places = QUOTES.map(
    (quote) => [text.indexOf(quote + word + quote), text.lastIndexOf(quote + word + quote)] as const,
  );
  const [place, ...others] = places.filter(([first]) => first >= 0);
  return place === undefined || others.length > 0 || place[0] !== place[1] ? undefined : place[0];
}
