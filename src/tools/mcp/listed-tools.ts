import type { ToolOffer } from '../../core/agents/tool-offer.js';
import { wordsOf } from '../../core/errors.js';
import { checkJson } from '../../core/json/check-json.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { listed } from '../../core/json/listed.js';
import { shorten } from '../../core/json/preview.js';
import type { Problem } from '../../core/json/problem.js';
import { utf8Length } from '../../core/json/utf8-length.js';
import { leadingPart, wellFormed } from '../../core/json/well-formed-text.js';

/** What a server says about its tools is read by every model that has them. */
export const MOST_TOOLS = 500;
const TOOL_NAME = /^[A-Za-z0-9_./-]{1,128}$/;
const LONGEST_DESCRIPTION = 4000;
const LARGEST_SCHEMA_BYTES = 64 * 1024;
const LARGEST_LIST_BYTES = 1024 * 1024;
const TIMEOUT_SECONDS = 30;
const MOST_NAMED = 5;

export interface ListedTool {
  /** By which the server knows it. */
  readonly name: string;
  readonly offer: ToolOffer;
}

export interface ListedTools {
  readonly tools: readonly ListedTool[];
  /** Which ones are not offered, and why; undefined: none. */
  readonly leftOut?: string;
}

type JudgeSchema = (schema: JsonObject) => Promise<readonly Problem[]>;

/** The tools of a server as they are offered: by names that are valid, each once, with schemas that can be judged by. */
export async function listedTools(
  server: string,
  list: readonly JsonValue[],
  judge: JudgeSchema,
): Promise<ListedTools> {
  const tools = new Map<string, ListedTool>();
  const faults: string[] = [];
  let bytes = 0;
  for (const entry of list) {
    const read = await readTool(server, entry, judge);
    if ('fault' in read) {
      faults.push(read.fault);
      continue;
    }
    bytes += utf8Length(JSON.stringify(read.offer));
    if (tools.has(read.name)) faults.push(`${read.name} (there are two of that name)`);
    else if (tools.size >= MOST_TOOLS) faults.push(`${read.name} (there are more than ${MOST_TOOLS})`);
    else if (bytes > LARGEST_LIST_BYTES) faults.push(`${read.name} (all together have more than 1 MiB)`);
    else tools.set(read.name, read);
  }
  return { tools: [...tools.values()], ...(faults.length === 0 ? {} : { leftOut: sentenceOf(faults) }) };
}

function sentenceOf(faults: readonly string[]): string {
  return `Tools that are left out: ${listed(faults, { separator: ', ', most: MOST_NAMED })}.`;
}

async function readTool(
  server: string,
  entry: JsonValue,
  judge: JudgeSchema,
): Promise<ListedTool | { readonly fault: string }> {
  const name = isJsonObject(entry) ? entry['name'] : undefined;
  if (!isJsonObject(entry) || typeof name !== 'string') return { fault: 'one without a name' };
  const fault = (why: string) => ({ fault: `${shorten(name)} (${why})` });
  if (!TOOL_NAME.test(name)) {
    return fault('a name may have letters, digits, "_", "-", "." and "/", at most 128');
  }
  const execution = objectIn(entry, 'execution');
  if (execution['taskSupport'] === 'required') return fault('it can only be called as a task');
  const { $schema, ...parameters } = objectIn(entry, 'inputSchema');
  if (parameters['type'] !== 'object') return fault('its input is no object');
  if (utf8Length(JSON.stringify(parameters)) > LARGEST_SCHEMA_BYTES) {
    return fault(`its input schema has more than ${LARGEST_SCHEMA_BYTES} bytes`);
  }
  const [problem] = checkJson(parameters);
  if (problem !== undefined) return fault(`its input schema cannot be stored: ${problem.message}`);
  const [misfit] = await judged(judge, $schema === undefined ? parameters : { $schema, ...parameters });
  if (misfit !== undefined) return fault(`its input schema: ${misfit}`);
  return { name, offer: { name: `mcp/${server}/${name}`, parameters, ...wordsAbout(name, entry) } };
}

async function judged(judge: JudgeSchema, schema: JsonObject): Promise<readonly string[]> {
  try {
    return (await judge(schema)).map(({ pointer, message }) => `${pointer} ${message}`.trim());
  } catch (error) {
    return [wordsOf(error)];
  }
}

/** What a server says about itself is believed: whoever names it in the file answers for it. */
function wordsAbout(name: string, entry: JsonObject): Omit<ToolOffer, 'name' | 'parameters'> {
  const hints = objectIn(entry, 'annotations');
  const words = [entry['description'], entry['title'], hints['title'], name];
  const description = words.filter((word) => typeof word === 'string').find((word) => word !== '') ?? name;
  return {
    description: wellFormed(leadingPart(description, LONGEST_DESCRIPTION)),
    idempotent: hints['idempotentHint'] === true || hints['readOnlyHint'] === true,
    needsApproval: false,
    timeoutSeconds: TIMEOUT_SECONDS,
  };
}

function objectIn(entry: JsonObject, field: string): JsonObject {
  const value = entry[field];
  return value !== undefined && isJsonObject(value) ? value : {};
}
