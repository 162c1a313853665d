import type { JsonValue } from '../json/json.js';

/** What a provider gave besides an answer to get it back as it is: only the format that it came in can read it. */
export interface ProviderState {
  readonly format: string;
  readonly content: JsonValue;
  /** The provider that it is for, by its key, where the agent has others besides; absent: whoever speaks the format. */
  readonly from?: string;
}
