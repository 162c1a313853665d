import { isJsonObject } from '../core/json.js';
import { readText } from './bounded-text.js';
import { parseJsonObject } from './failed-answer.js';
import type { GuardedCall } from './guarded-call.js';
import { listAt, textAt } from './json-fields.js';

const LARGEST_LIST_BYTES = 1024 * 1024;
const MOST_MODELS = 1000;
const LONGEST_NAME = 100;

/** The models that a server of OpenAI's format lists for a key. Empty when it does not say: this only helps a message. */
export async function listOfferedModels(call: GuardedCall, modelsUrl: URL): Promise<readonly string[]> {
  try {
    const response = await call.fetch(modelsUrl);
    const text = response.body === null ? '' : await readText(response.body, LARGEST_LIST_BYTES);
    const entries = listAt(parseJsonObject(text) ?? {}, 'data')
      .slice(0, MOST_MODELS)
      .filter(isJsonObject);
    const ids = entries.map((entry) => textAt(entry, 'id'));
    return ids.filter((id) => id.length <= LONGEST_NAME && /^[\x21-\x7e]+$/.test(id));
  } catch {
    return [];
  } finally {
    call.close();
  }
}
