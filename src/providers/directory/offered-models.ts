import { ownValue } from '../../core/json/json.js';
import { ModelError } from '../../core/executions/model-error.js';
import { readText } from '../connection/bounded-text.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import type { GuardedCall } from '../connection/guarded-call.js';
import type { WireFormat } from '../wire-format.js';

const LARGEST_LIST_BYTES = 1024 * 1024;
const MOST_MODELS = 1000;
const LONGEST_NAME = 100;

/** The models that a server lists for a key. Empty when it does not say: this only helps a message. */
export async function listOfferedModels(
  call: GuardedCall,
  format: Pick<WireFormat, 'readModelNames'>,
  modelsUrl: URL,
): Promise<readonly string[]> {
  try {
    return await readOfferedModels(call, format, modelsUrl);
  } catch {
    return [];
  } finally {
    call.close();
  }
}

/** Like `listOfferedModels`, but throws what kept the server from answering. */
export async function readOfferedModels(
  call: GuardedCall,
  format: Pick<WireFormat, 'readModelNames'>,
  modelsUrl: URL,
): Promise<readonly string[]> {
  const response = await call.fetch(modelsUrl);
  const text = response.body === null ? '' : await readText(response.body, LARGEST_LIST_BYTES);
  const list = parseJsonObject(text);
  // Some servers answer 200 to a path that they do not have.
  if (list === undefined || ownValue(list, 'error') !== undefined) {
    const advice = 'Check the base URL: it often ends in /v1.';
    throw new ModelError('invalid_request', `${modelsUrl.host} answered no list of models. ${advice}`);
  }
  const names = format.readModelNames(list).slice(0, MOST_MODELS);
  return names.filter((name) => name.length <= LONGEST_NAME && /^[\x21-\x7e]+$/.test(name));
}
