import type { FuncKeywordDefinition } from 'ajv';

import { canonicalJson, type JsonValue } from '../json/json.js';

/** `uniqueItems` in time that grows with the list: ajv's own compares each item with each other one. */
export const distinctItems: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  errors: false,
  error: { message: 'must NOT have duplicate items' },
  validate: (isWanted: boolean, items: readonly JsonValue[]) =>
    !isWanted || new Set(items.map(canonicalJson)).size === items.length,
};
