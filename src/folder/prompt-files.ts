import { dirname, join, posix } from 'node:path';

import { isJsonObject } from '../core/json/json.js';
import { jsonPointer } from '../core/json/json-pointer.js';
import { shorten } from '../core/json/preview.js';
import type { DefinitionFile } from './definition-source.js';
import { pathWithin, readText } from './folder-files.js';
import type { SourceProblem } from './written-place.js';

/** A prompt that is nothing but this names a file, from the agent's own on: `./reviewer.md`, `../prompts/reviewer.md`. */
const PROMPT_FILE = /^\.{1,2}\/[^\n]*\.(?:md|txt)$/;
const PROMPTS = ['system', 'userTemplate', 'contextInstructions'] as const;
/** More than the longest prompt takes. */
const MOST_BYTES = 1024 * 1024;

/** Whether a prompt is nothing but the name of a file. */
export function namesPromptFile(prompt: unknown): prompt is string {
  return typeof prompt === 'string' && PROMPT_FILE.test(prompt);
}

export interface FilledAgent {
  /** The agent with the texts of its prompts. */
  readonly input: unknown;
  readonly problems: readonly SourceProblem[];
}

/** Puts in the texts of prompts that are in files of their own, without their last line break. `root` is without links. */
export async function fillPromptFiles(
  root: string,
  { file, path }: DefinitionFile,
  input: unknown,
): Promise<FilledAgent> {
  if (!isJsonObject(input) || !isJsonObject(input['prompts'])) return { input, problems: [] };
  const prompts: Record<string, unknown> = { ...input['prompts'] };
  const problems: SourceProblem[] = [];
  for (const name of PROMPTS) {
    const given = prompts[name];
    if (!namesPromptFile(given)) continue;
    const at = await pathWithin(root, join(dirname(path), given));
    const text = typeof at === 'string' ? await readText(at, MOST_BYTES) : at;
    if (typeof text === 'string') prompts[name] = text.replace(/\n$/, '');
    else {
      const { code, message } = text;
      const named = shorten(posix.join(posix.dirname(file), given));
      problems.push({ code, pointer: jsonPointer(['prompts', name]), message: `${named}: ${message}` });
    }
  }
  return { input: { ...input, prompts }, problems };
}
