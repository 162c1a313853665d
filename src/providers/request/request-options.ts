import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import type { ModelRequest } from '../../core/executions/turn.js';
import { textAt } from '../../core/json/json-fields.js';

/** What an agent adds to the body of its requests: fields that we have no name for. */
export function extraBody({ provider }: Pick<ModelRequest, 'provider'>): JsonObject {
  const extra = ownValue(provider.options, 'extraBody');
  return isJsonObject(extra) ? extra : {};
}

/** A text among the options; `undefined` when it is absent or empty. */
export function textOption({ options }: ModelRequest['provider'], name: string): string | undefined {
  const text = textAt(options, name);
  return text === '' ? undefined : text;
}

/** Of Google's API, in front of what it has. */
export function googleVersion(provider: ModelRequest['provider']): string {
  return textOption(provider, 'apiVersion') ?? 'v1beta';
}
