import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.js';

/** More than any result has; what is beyond is counted. */
const MOST_BLOCKS = 1000;
/** A longer text is longer than a result may be: whether it repeats something need not be known. */
const LONGEST_COMPARED = 64 * 1024;

/** What `tools/call` gives, as far as it is looked at. */
export interface McpResult {
  readonly content: readonly JsonValue[];
  /** Null: none. */
  readonly structuredContent: JsonValue;
  readonly isError: boolean;
}

/**
 * What a model is told of a result: text and resources of text as they are, structured content as JSON, and of all else what was
 * left out. Where the text only repeats the structured content, that alone.
 */
export function answerOf({ content: all, structuredContent }: McpResult): JsonValue {
  const content = all.slice(0, MOST_BLOCKS);
  const parts = content.map(textOf);
  const more = all.length > MOST_BLOCKS ? [`[Left out: ${all.length - MOST_BLOCKS} more parts]`] : [];
  if (structuredContent === null) return [...parts, ...more].join('\n\n');
  const besides = content.flatMap((block, index) => (repeats(block, structuredContent) ? [] : (parts[index] ?? [])));
  const texts = [...besides, ...more];
  return texts.length === 0 ? structuredContent : { text: texts.join('\n\n'), structuredContent };
}

function repeats(block: JsonValue, structured: JsonValue): boolean {
  if (!isJsonObject(block) || block['type'] !== 'text') return false;
  const text = wordOf(block, 'text');
  if (text.length > LONGEST_COMPARED) return false;
  if (isJsonObject(structured) && Object.values(structured).includes(text)) return true;
  try {
    return canonical(JSON.parse(text) as JsonValue) === canonical(structured);
  } catch {
    return false;
  }
}

function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_, member: JsonValue) =>
    isJsonObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}

function textOf(block: JsonValue): string {
  if (!isJsonObject(block)) return leftOut('something that is no content');
  const type = wordOf(block, 'type');
  switch (type) {
    case 'text':
      return wordOf(block, 'text');
    case 'image':
    case 'audio':
      return leftOut(`${type} (${mediaType(block)}${sizeOf(block, 'data')})`);
    case 'resource':
      return resourceText(isJsonObject(block['resource']) ? block['resource'] : {});
    case 'resource_link':
      return `[Resource ${wordOf(block, 'uri')}: ${[wordOf(block, 'title') || wordOf(block, 'name'), wordOf(block, 'description')].filter((word) => word !== '').join('. ')}]`;
    default:
      return leftOut(`content of the type "${type.slice(0, 50)}"`);
  }
}

function resourceText(resource: JsonObject): string {
  const uri = wordOf(resource, 'uri');
  if (typeof resource['text'] === 'string') return `[Resource ${uri}]\n${resource['text']}`;
  return leftOut(`resource ${uri} (${mediaType(resource)}${sizeOf(resource, 'blob')})`);
}

function leftOut(what: string): string {
  return `[Left out, since only text can be read: ${what}]`;
}

function mediaType(block: JsonObject): string {
  return wordOf(block, 'mimeType') || 'of no stated type';
}

/** Of base64, in bytes. */
function sizeOf(block: JsonObject, field: string): string {
  const data = block[field];
  return typeof data === 'string' ? `, ${Math.floor((data.length * 3) / 4)} bytes` : '';
}

function wordOf(block: JsonObject, field: string): string {
  const value = block[field];
  return typeof value === 'string' ? value : '';
}
