import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import { listAt, numberAt, objectAt, textAt } from '../../core/json/json-fields.js';
import { ModelError } from '../../core/executions/model-error.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import { googleVersion } from '../request/request-options.js';
import type { BatchedRequest, BatchState, LineFailure, ResultLine } from '../model-batches.js';
import { MOST_PAGES, type BatchApi } from './batch-api.js';
import type { BatchConnection } from './batch-connection.js';
import { CANCELLED, EXPIRED, failedLine, idIn, NO_LINE, refusedBatch, tooManyBatches } from './batch-words.js';

/** In front of our own id of a batch, in the name that it has for people. */
const NAMED = 'circuit-breaker ';
/** A batch that somebody made with its requests in the call is listed with its answers. */
const PAGE = 20;
const JSON_TYPE = 'application/json';
const STREAMED = ':streamGenerateContent';
const ANSWERED = ':generateContent';

/**
 * Gemini's batch mode: a file of requests, a batch of it, which is a long-running operation, and a file of results.
 * https://ai.google.dev/gemini-api/docs/batch-api and https://ai.google.dev/api/batch-api
 */
export const googleBatches: BatchApi = {
  batched: ({ url, body }): BatchedRequest => {
    const model = url.pathname.split('/').slice(-2).join('/');
    return { path: model.replace(STREAMED, ANSWERED), body };
  },
  find: async (connection, { batchId }) => {
    const version = googleVersion(connection.provider);
    let after = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const list = await connection.get(`${version}/batches?pageSize=${PAGE}${after}`);
      const operations = listAt(list, 'operations').filter(isJsonObject);
      const ours = operations.find((one) => textAt(objectAt(one, 'metadata'), 'displayName') === `${NAMED}${batchId}`);
      if (ours !== undefined) return { type: 'found', providerBatchId: textAt(ours, 'name') };
      const next = textAt(list, 'nextPageToken');
      // Nobody promises an order, so all are looked at.
      if (next === '') return { type: 'none' };
      after = `&pageToken=${encodeURIComponent(next)}`;
    }
    throw tooManyBatches();
  },
  submit: async (connection, { batchId }, lines) => {
    const version = googleVersion(connection.provider);
    const file = lines.map(({ customId, body }) => `{"key":${JSON.stringify(customId)},"request":${body}}`).join('\n');
    const fileName = await uploaded(connection, `${batchId}.jsonl`, file);
    const batch = { displayName: `${NAMED}${batchId}`, inputConfig: { fileName } };
    const path = `${version}/${(lines[0]?.path ?? '').replace(ANSWERED, ':batchGenerateContent')}`;
    return idIn(await connection.submit(path, { contentType: JSON_TYPE, body: JSON.stringify({ batch }) }), 'name');
  },
  look: async (connection, name) => stateOf(await connection.get(pathOf(connection, name)), connection),
  results: async function* (connection, _name, files) {
    for (const file of files) {
      const path = `download/${pathOf(connection, file)}:download?alt=media`;
      for await (const line of connection.lines(path)) yield resultOf(line);
    }
  },
  cancel: async (connection, name) => {
    await connection.post(`${pathOf(connection, name)}:cancel`, { contentType: JSON_TYPE, body: '{}' });
  },
};

/** Of a resource by its name: `batches/…`, `files/…`. */
function pathOf({ provider }: BatchConnection, name: string): string {
  return `${googleVersion(provider)}/${name.split('/').map(encodeURIComponent).join('/')}`;
}

/** Resumable, in one piece. https://ai.google.dev/gemini-api/docs/files */
async function uploaded(connection: BatchConnection, displayName: string, file: string): Promise<string> {
  const begun = await connection.postForHeaders(`upload/${googleVersion(connection.provider)}/files`, {
    contentType: JSON_TYPE,
    body: JSON.stringify({ file: { displayName } }),
    headers: {
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': String(Buffer.byteLength(file)),
      'x-goog-upload-header-content-type': 'application/jsonl',
    },
  });
  const answer = await connection.post(uploadPath(connection, begun['x-goog-upload-url']), {
    contentType: 'application/jsonl',
    body: file,
    headers: { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0' },
  });
  return idIn(objectAt(answer, 'file'), 'name');
}

/** The place that the API names, at the address that the key is for. */
function uploadPath({ baseUrl }: BatchConnection, said: string | string[] | undefined): string {
  const url = parsedUrl([said ?? ''].flat()[0] ?? '');
  if (url === undefined) throw new ModelError('server', `${baseUrl.host} said of no place where to upload a batch.`);
  return `${baseUrl.origin}${url.pathname}${url.search}`;
}

function stateOf(operation: JsonObject, connection: BatchConnection): BatchState {
  const metadata = objectAt(operation, 'metadata');
  const error = ownValue(operation, 'error');
  const file =
    textAt(objectAt(operation, 'response'), 'responsesFile') || textAt(objectAt(metadata, 'output'), 'responsesFile');
  const over = (rest: LineFailure): BatchState => ({ type: 'over', results: file === '' ? [] : [file], rest });
  // The API says BATCH_STATE_, and its documents say JOB_STATE_.
  switch (textAt(metadata, 'state').replace(/^(?:BATCH|JOB)_STATE_/, '')) {
    case 'SUCCEEDED':
    case 'PARTIALLY_SUCCEEDED':
      return over(NO_LINE);
    case 'EXPIRED':
      return over(EXPIRED);
    case 'CANCELLED':
      return over(CANCELLED);
    case 'FAILED':
      return over(failureOf(isJsonObject(error) ? error : {}, connection));
    default:
      // Also in a state that is newer than this.
      return ownValue(operation, 'done') === true
        ? over(isJsonObject(error) ? failureOf(error, connection) : NO_LINE)
        : { type: 'running' };
  }
}

function failureOf(error: JsonObject, connection: BatchConnection): LineFailure {
  const failure = refusedBatch(connection, [textAt(error, 'message')]);
  const status = httpStatusOf(error);
  if (status === 429) return { ...failure, code: 'rate_limit' };
  return status >= 500 ? { ...failure, code: 'server' } : failure;
}

function resultOf(line: string | undefined): ResultLine {
  if (line === undefined) return { unreadable: 'a line is too long' };
  const result = parseJsonObject(line) ?? {};
  const customId = textAt(result, 'key');
  if (customId === '') return { unreadable: 'a line is no result' };
  const response = ownValue(result, 'response');
  if (isJsonObject(response)) {
    const requestId = textAt(response, 'responseId');
    return { customId, answer: { type: 'answered', status: 200, requestId, body: JSON.stringify(response) } };
  }
  const error = ['error', 'status'].map((key) => ownValue(result, key)).find(isJsonObject);
  if (error === undefined) return { customId, answer: { type: 'failed', ...failedLine('') } };
  if (codeIn(error) === CANCELLED_CODE) return { customId, answer: { type: 'failed', ...CANCELLED } };
  const status = httpStatusOf(error);
  const body = JSON.stringify({ error: { status: RPC_CODES[codeIn(error)]?.name ?? '', ...error } });
  return { customId, answer: { type: 'answered', status, requestId: '', body } };
}

/** A line has a code of google.rpc.Code, where a call has a status of HTTP. */
function httpStatusOf(error: JsonObject): number {
  const code = codeIn(error);
  return code >= 400 && code < 600 ? code : (RPC_CODES[code]?.status ?? 500);
}

function codeIn(error: JsonObject): number {
  return numberAt(error, 'code') ?? 2;
}

const CANCELLED_CODE = 1;

const RPC_CODES: Readonly<Record<number, { readonly status: number; readonly name: string }>> = {
  3: { status: 400, name: 'INVALID_ARGUMENT' },
  4: { status: 504, name: 'DEADLINE_EXCEEDED' },
  5: { status: 404, name: 'NOT_FOUND' },
  7: { status: 403, name: 'PERMISSION_DENIED' },
  8: { status: 429, name: 'RESOURCE_EXHAUSTED' },
  9: { status: 400, name: 'FAILED_PRECONDITION' },
  11: { status: 400, name: 'OUT_OF_RANGE' },
  14: { status: 503, name: 'UNAVAILABLE' },
  16: { status: 401, name: 'UNAUTHENTICATED' },
};
