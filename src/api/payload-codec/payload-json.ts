import { checkJson } from '../../core/json/check-json.js';
import { isJsonArray } from '../../core/json/json-fields.js';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { jsonPointer } from '../../core/json/json-pointer.js';
import type { Parsed } from '../../core/json/parsed.js';
import type { Problem } from '../../core/json/problem.js';

/** What Temporal carries one value in. */
export interface Payload {
  readonly metadata?: Record<string, Uint8Array> | null;
  readonly data?: Uint8Array | null;
}

/** A payload, and the JSON that it was read from. */
export interface ReadPayload {
  readonly json: JsonObject;
  readonly payload: Payload;
}

/** The arguments of one call: Temporal's clients ask for a few at once. */
const MAX_PAYLOADS = 10_000;

/** Of all payloads of a request together: each has a few. More would hold up all that others ask for. */
const MAX_METADATA = 50_000;

/** In both alphabets, as JSON of protobuf may have it. */
const BASE64 = /^[\w+/-]*={0,2}$/;

/**
 * Reads `{"payloads": [{"metadata": {"encoding": <base64>}, "data": <base64>}]}`, the JSON of protobuf in which Temporal's UI and CLI
 * send payloads. What else a payload has is left alone.
 */
export function readPayloads(body: unknown): Parsed<readonly ReadPayload[]> {
  const list = isJsonObject(body) ? ownValue(body, 'payloads') : undefined;
  if (!isJsonArray(list)) return { problems: [wrong('', 'must be an object with a list "payloads"')] };
  if (list.length > MAX_PAYLOADS) return { problems: [wrong('/payloads', `has more than ${MAX_PAYLOADS} payloads`)] };
  if (metadataIn(list) > MAX_METADATA) {
    return { problems: [wrong('/payloads', `has more than ${MAX_METADATA} entries of metadata`)] };
  }
  const problems = [...checkJson(list)];
  if (problems.length > 0) return { problems };
  const value = list.flatMap((one, index) => readPayload(one, jsonPointer(['payloads', index]), problems));
  return problems.length > 0 ? { problems } : { value };
}

function metadataIn(list: readonly JsonValue[]): number {
  let count = 0;
  for (const one of list) {
    const metadata = isJsonObject(one) ? ownValue(one, 'metadata') : undefined;
    if (isJsonObject(metadata)) count += Object.keys(metadata).length;
  }
  return count;
}

/** As it is sent back. */
export function payloadJson({ metadata, data }: Payload): JsonObject {
  const encoded = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64Of(bytes)] as const);
  return { metadata: Object.fromEntries(encoded), data: base64Of(data ?? new Uint8Array()) };
}

function readPayload(json: JsonValue, pointer: string, problems: Problem[]): readonly ReadPayload[] {
  if (!isJsonObject(json)) {
    problems.push(wrong(pointer, 'must be a payload, with metadata and data'));
    return [];
  }
  const bytes = (value: JsonValue, at: string): Uint8Array => {
    if (typeof value === 'string' && BASE64.test(value)) return Buffer.from(value, 'base64');
    problems.push(wrong(at, 'must be base64'));
    return new Uint8Array();
  };
  const [metadata, data] = [ownValue(json, 'metadata') ?? {}, ownValue(json, 'data') ?? ''];
  if (!isJsonObject(metadata)) {
    problems.push(wrong(jsonPointer(['metadata'], pointer), 'must be an object'));
    return [];
  }
  const named = Object.entries(metadata).map(
    ([name, value]) => [name, bytes(value, jsonPointer(['metadata', name], pointer))] as const,
  );
  return [
    { json, payload: { metadata: Object.fromEntries(named), data: bytes(data, jsonPointer(['data'], pointer)) } },
  ];
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function wrong(pointer: string, message: string): Problem {
  return { code: 'INVALID_VALUE', pointer, message };
}
