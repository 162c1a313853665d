import type { ReadText } from './definition-source.js';
import { readJson } from './json-text.js';
import { readYaml } from './yaml-text.js';

/** Whether a file has to be run to know what it defines: TypeScript or JavaScript. */
export function isModuleFile(file: string): boolean {
  return /\.m?[jt]s$/.test(file);
}

/** Reads the text of a file that is no module: JSON by its name, or else YAML. */
export function readDefinitionText(file: string, text: string): ReadText {
  return file.endsWith('.json') ? readJson(text) : readYaml(text);
}
