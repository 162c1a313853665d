import { ModelError } from '../../core/executions/model-error.js';
import type { JsonObject } from '../../core/json/json.js';
import { textAt } from '../../core/json/json-fields.js';
import type { LineFailure } from '../model-batches.js';
import type { BatchConnection } from './batch-connection.js';

/** What executions are told of batches, whosever they are. */

export const NO_LINE: LineFailure = {
  code: 'incomplete_stream',
  message: 'The results of the batch have no line of this execution.',
};

export const EXPIRED: LineFailure = {
  code: 'timeout',
  message: 'The provider did not get to this execution before its batch expired.',
};

export const CANCELLED: LineFailure = {
  code: 'server',
  message: 'The batch of this execution was cancelled at the provider.',
};

/** A line that is an error of the batch, and no answer of the model. `word`: the provider's own for it, or empty. */
export function failedLine(word: string): LineFailure {
  const code = word.replaceAll(/[^a-z_]/g, '').slice(0, 50);
  const said = code === '' ? '' : ` (${code})`;
  return { code: 'server', message: `The provider could not answer this line of the batch${said}.` };
}

/** `said`: the provider's own reasons. */
export function refusedBatch(connection: BatchConnection, said: readonly string[]): LineFailure {
  const words = connection.quote(said.slice(0, 3).join('; '));
  return { code: 'invalid_request', message: `The provider refused the batch${words === '' ? '.' : `: ${words}`}` };
}

/** What a provider calls a batch that it took: `key` of its answer. */
export function idIn(answer: JsonObject, key: string): string {
  const id = textAt(answer, key);
  if (id !== '') return id;
  throw new ModelError('server', 'The provider took a batch and gave it no id.');
}

export function tooManyBatches(): ModelError {
  return new ModelError('server', 'The provider lists more batches than can be looked through.');
}
