import { isJsonObject, type JsonObject } from '../../core/json/json.js';
import { isJsonArray } from '../../core/json/json-fields.js';
import { nestsDeeper } from '../../core/json/nesting.js';
import { ModelError } from '../../core/executions/model-error.js';

/** OpenAI's last frame, which gateways put behind the answers of all others, too. */
export const DONE = 'done';

const NOTHING: readonly JsonObject[] = [];
/** No answer of any API nests as deep, with what a model gives its tools. */
const DEEPEST = 256;

/**
 * What a frame of a stream holds: mostly one object. What is no object is a sign of life (nothing, a word, a number).
 * Throws ModelError `incomplete_stream` for a piece of an object, since the rest of it is lost, for one that nests without
 * end, and for a web page.
 */
export function readFrame(frame: string): readonly JsonObject[] | typeof DONE {
  const text = frame.trim();
  const value = parsed(text);
  if (value !== undefined && nestsDeeper(text, DEEPEST)) throw new ModelError('incomplete_stream', TOO_DEEP);
  if (isJsonObject(value)) return [value];
  if (/^"?\[done\]"?$/i.test(text)) return DONE;
  if (isJsonArray(value)) return value.filter(isJsonObject);
  if (value !== undefined) return NOTHING;
  if (/^<(?:!doctype|html|\?xml)/i.test(text)) throw new ModelError('incomplete_stream', WEB_PAGE);
  // A ping in words has none of these; a frame that was cut has one, wherever it was cut.
  if (/[{}]|":|",/.test(text)) throw new ModelError('incomplete_stream', BROKEN);
  return NOTHING;
}

const BROKEN = 'The provider sent an event that is not the JSON it should be: some of its answer is lost.';
const TOO_DEEP = `The provider sent an event that nests more than ${DEEPEST} deep: that is no part of an answer.`;
const WEB_PAGE =
  'A web page came in place of the stream: a gateway in front of the provider failed, or the base URL is not that of an API.';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
