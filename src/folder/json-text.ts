import { isJsonObject } from '../core/json/json.js';
import { scanJson } from '../core/json/scan-json.js';
import type { ReadText } from './definition-source.js';
import { placeAt, START } from './folder-problem.js';
import { readYaml } from './yaml-text.js';

/** What is wrong with JSON as well when it is read as the YAML that it is. */
const ALSO_OF_JSON: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TOO_DEEP', 'FILE_TOO_LARGE', 'FILE_EMPTY']);

/** Reads a text of JSON. Where its parts stand is known since JSON is YAML. A `$schema`, which is for editors, is left out. */
export function readJson(text: string): ReadText {
  const asYaml = readYaml(text);
  const problems = asYaml.problems.filter(({ code }) => ALSO_OF_JSON.has(code));
  if (problems.length > 0 && asYaml.input === undefined) return { ...asYaml, problems };
  try {
    return { input: withoutSchema(JSON.parse(text)), problems, locate: asYaml.locate };
  } catch {
    const [mistake] = asYaml.problems;
    const place = mistake ?? placeAt(text, scanJson(text, text.search(/\S/)).end);
    const message =
      mistake?.message ?? 'this is no JSON: texts and keys are in double quotes, and nothing ends with a comma';
    const { line, column } = place;
    return { problems: [{ line, column, code: 'SYNTAX_INVALID', message }], locate: () => START };
  }
}

function withoutSchema(input: unknown): unknown {
  if (!isJsonObject(input)) return input;
  const { $schema: _schema, ...definition } = input;
  return definition;
}
