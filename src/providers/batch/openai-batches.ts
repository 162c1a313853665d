import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import { listAt, numberAt, objectAt, textAt } from '../../core/json/json-fields.js';
import { ModelError } from '../../core/executions/model-error.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import type { BatchState, LineFailure, ResultLine } from '../model-batches.js';
import type { BatchApi } from './batch-api.js';
import type { BatchConnection } from './batch-connection.js';

/** Under this name a batch has our own id in its metadata. */
const OUR_ID = 'circuit_breaker_batch';
const PAGE = 100;
/** Clocks differ: batches that began so long before ours are looked at, too. */
const CLOCKS_DIFFER_SECONDS = 3600;
const MOST_PAGES = 100;

/**
 * OpenAI's API of batches: a file of requests, a batch of it, and files of results and of errors.
 * https://platform.openai.com/docs/api-reference/batch
 */
export const openAiBatches: BatchApi = {
  batched: ({ url, body }) => {
    const { stream: _stream, stream_options: _options, ...rest } = parseJsonObject(body) ?? {};
    const path = url.pathname.endsWith('/chat/completions') ? '/v1/chat/completions' : '/v1/responses';
    return { path, body: JSON.stringify(rest) };
  },
  find: async (connection, { batchId, since }) => {
    const earliest = Date.parse(since) / 1000 - CLOCKS_DIFFER_SECONDS;
    let after = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const list = await connection.get(`batches?limit=${PAGE}${after === '' ? '' : `&after=${after}`}`);
      const batches = listAt(list, 'data').filter(isJsonObject);
      const ours = batches.find((batch) => textAt(objectAt(batch, 'metadata'), OUR_ID) === batchId);
      if (ours !== undefined) return textAt(ours, 'id');
      const last = batches.at(-1);
      if (last === undefined || ownValue(list, 'has_more') !== true) return undefined;
      if ((numberAt(last, 'created_at') ?? 0) < earliest) return undefined;
      after = encodeURIComponent(textAt(last, 'id'));
    }
    throw new ModelError('server', 'The provider lists more batches than can be looked through.');
  },
  submit: async (connection, { batchId }, lines) => {
    const [first] = lines;
    const file = lines.map(({ customId, path, body }) => lineOf(customId, path, body)).join('\n');
    const uploaded = await connection.post('files', multipart(`${batchId}.jsonl`, file));
    const batch = {
      input_file_id: textAt(uploaded, 'id'),
      endpoint: first?.path ?? '',
      completion_window: '24h',
      metadata: { [OUR_ID]: batchId },
    };
    const posted = { contentType: 'application/json', body: JSON.stringify(batch) };
    return idIn(await connection.post('batches', posted));
  },
  look: async (connection, id) => stateOf(await connection.get(`batches/${encodeURIComponent(id)}`), connection),
  results: async function* (connection, _id, files) {
    for (const file of files) {
      for await (const line of connection.lines(`files/${encodeURIComponent(file)}/content`)) yield resultOf(line);
    }
  },
};

function lineOf(customId: string, url: string, body: string): string {
  return `{"custom_id":${JSON.stringify(customId)},"method":"POST","url":${JSON.stringify(url)},"body":${body}}`;
}

/** A form with a file: all of it is text. */
function multipart(name: string, file: string) {
  const boundary = `circuit-breaker-${crypto.randomUUID()}`;
  const part = (disposition: string, content: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
  const fileIs = `name="file"; filename="${name}"\r\ncontent-type: application/jsonl`;
  const body = `${part('name="purpose"', 'batch')}${part(fileIs, file)}--${boundary}--\r\n`;
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}

function idIn(batch: JsonObject): string {
  const id = textAt(batch, 'id');
  if (id !== '') return id;
  throw new ModelError('server', 'The provider took a batch and gave it no id.');
}

const NO_LINE = 'The results of the batch have no line of this execution.';

function stateOf(batch: JsonObject, connection: BatchConnection): BatchState {
  const results = [textAt(batch, 'output_file_id'), textAt(batch, 'error_file_id')].filter((id) => id !== '');
  const over = (rest: LineFailure): BatchState => ({ type: 'over', results, rest });
  switch (textAt(batch, 'status')) {
    case 'completed':
      return over({ code: 'incomplete_stream', message: NO_LINE });
    case 'expired':
      return over({ code: 'timeout', message: EXPIRED });
    case 'cancelled':
      return over({ code: 'server', message: CANCELLED });
    case 'failed':
      return over({ code: 'invalid_request', message: refusal(batch, connection) });
    default:
      return { type: 'running' };
  }
}

const EXPIRED = 'The provider did not get to this execution before its batch expired.';
const CANCELLED = 'The batch of this execution was cancelled at the provider.';

function refusal(batch: JsonObject, connection: BatchConnection): string {
  const said = listAt(objectAt(batch, 'errors'), 'data').filter(isJsonObject);
  const words = connection.quote(
    said
      .slice(0, 3)
      .map((error) => textAt(error, 'message'))
      .join('; '),
  );
  return `The provider refused the batch${words === '' ? '.' : `: ${words}`}`;
}

function resultOf(line: string | undefined): ResultLine {
  if (line === undefined) return { unreadable: 'a line is too long' };
  const result = parseJsonObject(line);
  const customId = result === undefined ? '' : textAt(result, 'custom_id');
  if (result === undefined || customId === '') return { unreadable: 'a line is no result' };
  const response = objectAt(result, 'response');
  const status = numberAt(response, 'status_code');
  if (status === undefined) return { customId, answer: { type: 'failed', ...failureOf(objectAt(result, 'error')) } };
  const body = JSON.stringify(objectAt(response, 'body'));
  return { customId, answer: { type: 'answered', status, requestId: textAt(response, 'request_id'), body } };
}

function failureOf(error: JsonObject): LineFailure {
  const code = textAt(error, 'code')
    .replaceAll(/[^a-z_]/g, '')
    .slice(0, 50);
  if (code === 'batch_expired') return { code: 'timeout', message: EXPIRED };
  if (code === 'batch_cancelled') return { code: 'server', message: CANCELLED };
  const said = code === '' ? '' : ` (${code})`;
  return { code: 'server', message: `The provider could not answer this line of the batch${said}.` };
}
