import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { isJsonArray, listAt, textAt } from '../../core/json/json-fields.js';

/** What says that a field is not taken at all. A value that is merely wrong ("must be below 2") is the agent's to mend. */
const REFUSAL =
  /\bun(?:supported|known|recogni[sz]ed|expected|available|permitted)|\bnot (?:be )?(?:currently |yet )?(?:supported|permitted|allowed|recogni[sz]ed|available|implemented|accepted|known|used)\b|\b(?:does not|doesn't|do not|cannot|can't) (?:support|accept|allow|recogni[sz]e|both)\b|\bextra[ _](?:inputs?|fields?|forbidden)\b|\bforbidden\b|\bdeprecated\b|\bno longer\b|\bcannot find field\b|\badditional propert/i;
/** An answer with one of these says something else, whatever it names. */
const NEVER = [401, 402, 403, 408, 409, 413, 429];
/** Without these there is no question, or another one. */
const INDISPENSABLE = new Set(
  'model messages input contents system instructions systemInstruction system_instruction tools'.split(' '),
);
/** Names that are words of any sentence as well: they count only where they are marked as a name, or come with their path. */
const PLAIN_WORDS = new Set(
  'effort format mode name options reasoning schema seed stop store stream text think type user value'.split(' '),
);
const LONGEST_MESSAGE = 4096;

/** What an error says whose server takes schemas, and not the one that it got. */
const SCHEMA_FAULT = /schema|grammar|response_?format/i;
/** Where requests have a schema for the answer. */
const SCHEMA_FIELDS =
  'response_format text.format output_config.format generationConfig.responseJsonSchema format'.split(' ');

/** An error of a provider as it came, however it came. */
export interface Refusal {
  readonly status: number;
  readonly body: JsonObject | undefined;
  readonly message: string;
}

/**
 * The fields of a request, as paths (`a.b`), that an error says by name its server does not take: by the places that
 * FastAPI lists, by OpenAI's `param`, or in a sentence. What no request can do without is never among them.
 */
export function refusedFields({ status, body, message }: Refusal, sent: JsonObject): readonly string[] {
  if (NEVER.includes(status)) return [];
  const paths = pathsOf(sent);
  const listed = placesIn(body).flatMap((place) => pathOfPlace(place, paths));
  if (listed.length > 0) return [...new Set(listed)];
  const error = body === undefined ? undefined : (ownValue(body, 'error') ?? body);
  const [param, code, type] = ['param', 'code', 'type'].map((name) => (isJsonObject(error) ? textAt(error, name) : ''));
  const text = message.slice(0, LONGEST_MESSAGE);
  const words = `${text} ${(code ?? '').replaceAll('_', ' ')} ${(type ?? '').replaceAll('_', ' ')}`;
  const refused = REFUSAL.test(words) ? namedIn(text, param ?? '', paths) : [];
  if (refused.length > 0 || !SCHEMA_FAULT.test(text)) return refused;
  return SCHEMA_FIELDS.filter((path) => paths.includes(path));
}

function namedIn(text: string, param: string, paths: readonly string[]): readonly string[] {
  const named = paths.filter((path) => path === param);
  if (named.length > 0) return named;
  const mentioned = innermost(paths.filter((path) => isMentioned(path, text)));
  // "a and b cannot both be given": one of them can.
  return /\bboth\b/i.test(text) ? mentioned.slice(-1) : mentioned;
}

/** What can be left out of a request: its fields, and those of the objects among them. Never what the agent says. */
function pathsOf(sent: JsonObject): readonly string[] {
  const fields = Object.keys(sent).filter((name) => !INDISPENSABLE.has(name));
  return fields.flatMap((name) => {
    const inner = ownValue(sent, name);
    return [name, ...(isJsonObject(inner) ? Object.keys(inner).map((field) => `${name}.${field}`) : [])];
  });
}

/** FastAPI's `detail: [{loc: ['body', 'a', 'b'], …}]`, wherever a gateway has put it. */
function placesIn(value: JsonValue | undefined, depth = 0): readonly (readonly JsonValue[])[] {
  if (depth > 4) return [];
  if (isJsonArray(value)) return value.slice(0, 50).flatMap((item) => placesIn(item, depth + 1));
  if (!isJsonObject(value)) return [];
  const place = listAt(value, 'loc');
  if (place.length > 0) return REFUSAL.test(`${textAt(value, 'type')} ${textAt(value, 'msg')}`) ? [place] : [];
  return ['error', 'message', 'detail', 'details', 'errors'].flatMap((name) =>
    placesIn(ownValue(value, name), depth + 1),
  );
}

function pathOfPlace(place: readonly JsonValue[], paths: readonly string[]): readonly string[] {
  const names = place.filter((part): part is string => typeof part === 'string' && part !== 'body');
  const path = [names.slice(0, 2).join('.'), names.slice(0, 1).join('.')].find((known) => paths.includes(known));
  return path === undefined ? [] : [path];
}

/** Whether a sentence names the field: in its own spelling or with other capitals and `_`, alone or with its path. */
function isMentioned(path: string, text: string): boolean {
  const field = path.slice(path.lastIndexOf('.') + 1);
  const isPlain = PLAIN_WORDS.has(field);
  const wanted = [path, ...(isPlain ? [] : [field])].map(spelling);
  return [...text.matchAll(/[A-Za-z][\w.]*/g)].some(
    ({ 0: word, index }) =>
      wanted.includes(spelling(word.replace(/(?<!\.)\.+$/, ''))) &&
      (!isPlain || path !== field || isMarked(text, word, index)),
  );
}

/** In quotes, after a word such as "parameter", or in front of a colon at the beginning. */
function isMarked(text: string, word: string, index: number): boolean {
  if (index === 0) return text.startsWith(':', word.length);
  return /["'`]$|\b(?:parameter|argument|field|property|option|key|name)s?:? $/i.test(
    text.slice(Math.max(0, index - 20), index),
  );
}

function spelling(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** Google names the object besides the field within it: the field is meant. */
function innermost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
}
