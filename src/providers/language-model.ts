import type { ModelEvent, ModelRequest } from '../core/executions/turn.js';

/**
 * A language model, whatever its provider.
 *
 * `stream` yields the answer as it is produced and ends in exactly one `finish`. Everything else throws: ModelError
 * with a code of the catalogue for what the provider did, the signal's own reason after an abort. Nothing is retried
 * in here, the connection is closed on every way out, and text is passed on as the provider sent it.
 */
export interface LanguageModel {
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}
