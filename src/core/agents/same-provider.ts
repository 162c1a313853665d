import { jsonEquals, ownValue, type JsonObject } from '../json/json.js';
import type { LlmProvider } from './agent.js';

/** Options that say where a model is, or how it is spoken to; the others tune a call. */
const PLACE_OPTIONS = ['api', 'deployment'] as const;

/**
 * Whether a call of one would be a call of the other: the same model, at the same address, with the same key. Options that only
 * tune a call make no other provider of it; a mock is what its options say.
 */
export function isSameProvider(one: LlmProvider, other: LlmProvider): boolean {
  return jsonEquals(placeOf(one), placeOf(other));
}

/** What is said of a provider where it must not be taken for another: no secret is in it. */
export function providerKey(provider: LlmProvider): string {
  return JSON.stringify(placeOf(provider));
}

function placeOf({ type, model, baseUrl = '', headers, credential = '', options }: LlmProvider): JsonObject {
  return {
    type,
    model,
    baseUrl: withoutSlash(baseUrl),
    credential,
    headers: Object.fromEntries(
      Object.entries(headers)
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .toSorted(([left], [right]) => (left < right ? -1 : 1)),
    ),
    options: type === 'mock' ? options : PLACE_OPTIONS.map((name) => ownValue(options, name) ?? null),
  };
}

function withoutSlash(baseUrl: string): string {
  return baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl;
}
