import { storableMessage, wordsOf } from '../core/errors.js';
import { checkJson } from '../core/json/check-json.js';
import { isJsonObject, type JsonValue } from '../core/json/json.js';
import { leadingPart } from '../core/json/well-formed-text.js';
import type { ReadArguments, Tool } from '../tools/tool.js';

const MAX_WORDS = 1000;

/** Arguments as the tool takes them. Resolves whatever they are, and whatever the tool does about them. */
export async function readArguments(tool: Tool, given: JsonValue): Promise<ReadArguments> {
  if (!isJsonObject(given)) return misfit('they are no JSON object');
  const [fault] = checkJson(given);
  if (fault !== undefined) return misfit(fault.message, fault.pointer);
  try {
    return await tool.read(given);
  } catch (error) {
    return misfit(storableWordsOf(error));
  }
}

function misfit(message: string, pointer = ''): ReadArguments {
  return { misfits: [{ pointer, message }] };
}

/** What a tool threw, as it can be stored and told to a model. */
export function storableWordsOf(error: unknown): string {
  return storableMessage(leadingPart(wordsOf(error), MAX_WORDS));
}
