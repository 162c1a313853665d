import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import { listAt, numberAt, objectAt, textAt } from '../../core/json/json-fields.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { BatchState, LineFailure, ResultLine } from '../model-batches.js';
import { CLOCKS_DIFFER_MS, MOST_PAGES, type BatchApi } from './batch-api.js';
import type { BatchConnection } from './batch-connection.js';
import { CANCELLED, EXPIRED, failedLine, idIn, NO_LINE, refusedBatch, tooManyBatches } from './batch-words.js';

/** Under this name a batch has our own id in its metadata. */
const OUR_ID = 'circuit_breaker_batch';
const PAGE = 100;
const FILE_PAUSES_MS = [500, 1000, 2000, 4000];

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
  find: async (connection, { batchId, firstAt }) => {
    const earliest = (Date.parse(firstAt) - CLOCKS_DIFFER_MS) / 1000;
    let after = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const list = await connection.get(`batches?limit=${PAGE}${after === '' ? '' : `&after=${after}`}`);
      const batches = listAt(list, 'data').filter(isJsonObject);
      const ours = batches.find((batch) => textAt(objectAt(batch, 'metadata'), OUR_ID) === batchId);
      if (ours !== undefined) return { type: 'found', providerBatchId: textAt(ours, 'id') };
      const last = batches.at(-1);
      if (last === undefined || ownValue(list, 'has_more') !== true) return { type: 'none' };
      if ((numberAt(last, 'created_at') ?? 0) < earliest) return { type: 'none' };
      after = encodeURIComponent(textAt(last, 'id'));
    }
    throw tooManyBatches();
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
    return idIn(await created(connection, batch), 'id');
  },
  look: async (connection, id) => stateOf(await connection.get(`batches/${encodeURIComponent(id)}`), connection),
  results: async function* (connection, _id, files) {
    for (const file of files) {
      for await (const line of connection.lines(`files/${encodeURIComponent(file)}/content`)) yield resultOf(line);
    }
  },
  cancel: async (connection, id) => {
    await connection.post(`batches/${encodeURIComponent(id)}/cancel`, { contentType: 'application/json', body: '{}' });
  },
};

/** A file that was uploaded a moment ago may not be found yet. */
async function created(connection: BatchConnection, batch: JsonObject): Promise<JsonObject> {
  const posted = { contentType: 'application/json', body: JSON.stringify(batch) };
  for (const pauseMs of FILE_PAUSES_MS) {
    try {
      return await connection.submit('batches', posted);
    } catch (error) {
      if (!isFileMissing(error)) throw error;
    }
    await connection.pause(pauseMs);
  }
  return await connection.submit('batches', posted);
}

function isFileMissing(error: unknown): boolean {
  const { code, message } = error instanceof ModelError ? error : { code: '', message: '' };
  return code === 'invalid_request' && /cannot find file/i.test(message);
}

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

function stateOf(batch: JsonObject, connection: BatchConnection): BatchState {
  const results = [textAt(batch, 'output_file_id'), textAt(batch, 'error_file_id')].filter((id) => id !== '');
  const over = (rest: LineFailure): BatchState => ({ type: 'over', results, rest });
  switch (textAt(batch, 'status')) {
    case 'completed':
      return over(NO_LINE);
    case 'expired':
      return over(EXPIRED);
    case 'cancelled':
      return over(CANCELLED);
    case 'failed':
      return over(failureOfBatch(connection, batch));
    default:
      return { type: 'running' };
  }
}

function failureOfBatch(connection: BatchConnection, batch: JsonObject): LineFailure {
  const errors = listAt(objectAt(batch, 'errors'), 'data').filter(isJsonObject);
  const reasons = errors.map((error) => textAt(error, 'message'));
  const failure = refusedBatch(connection, reasons);
  // More tokens than the account may have queued: it may have them later.
  const isLimited = errors.some((error) => textAt(error, 'code') === 'token_limit_exceeded');
  return isLimited ? { ...failure, code: 'rate_limit' } : failure;
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
  const code = textAt(error, 'code');
  if (code === 'batch_expired') return EXPIRED;
  return code === 'batch_cancelled' ? CANCELLED : failedLine(code);
}
