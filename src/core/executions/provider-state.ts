import type { JsonValue } from '../json/json.js';

/** What a provider gave besides an answer to get it back as it is: only the format that it came in can read it. */
export interface ProviderState {
  readonly format: string;
  readonly content: JsonValue;
}
