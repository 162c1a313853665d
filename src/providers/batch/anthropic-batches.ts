import { createHash } from 'node:crypto';

import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import { listAt, numberAt, objectAt, textAt } from '../../core/json/json-fields.js';
import { ModelError } from '../../core/executions/model-error.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import type { BatchState, OwnBatch, ResultLine, SoughtBatch } from '../model-batches.js';
import { CLOCKS_DIFFER_MS, MOST_PAGES, type BatchApi } from './batch-api.js';
import type { BatchConnection } from './batch-connection.js';
import { CANCELLED, EXPIRED, failedLine, idIn, NO_LINE, tooManyBatches } from './batch-words.js';
import { KnownMarks } from './known-marks.js';

const PATH = 'v1/messages/batches';
const PAGE = 1000;
/** So long may an attempt take that submits a batch. */
const SUBMITTING_MS = 3_600_000;
/** Of one look: each costs a request. The next look goes on. */
const MOST_MARKS_READ = 100;
const MARK_CHARACTERS = 20;

/**
 * Anthropic's Message Batches: the requests are in the call that makes a batch, the results in a file.
 * https://platform.claude.com/docs/en/api/messages/batches
 *
 * A batch has no field for an id of ours, and the API takes no key that would keep it from making two. So each line's id ends in a mark of its
 * batch, which the results repeat: a batch that is over tells whose it is. One that is under way may be ours, where it was made at the time in
 * question, with as many requests as ours has, and is none of ours that are known.
 */
export function anthropicBatches(): BatchApi {
  const marks = new KnownMarks();
  return {
    batched: ({ body }) => {
      const { stream: _stream, ...rest } = parseJsonObject(body) ?? {};
      return { path: '/v1/messages', body: JSON.stringify(rest) };
    },
    find: async (connection, batch) => {
      const ownMark = markOf(batch);
      const underWay: string[] = [];
      let read = 0;
      for (const candidate of await candidates(connection, batch)) {
        const id = textAt(candidate, 'id');
        if (!isOver(candidate) || (!marks.has(id) && (read += 1) > MOST_MARKS_READ)) underWay.push(id);
        else if ((await marks.of(id, () => readMark(connection, candidate))) === ownMark)
          return { type: 'found', providerBatchId: id };
      }
      return underWay.length === 0 ? { type: 'none' } : { type: 'unclear', candidates: underWay };
    },
    submit: async (connection, batch, lines) => {
      const mark = markOf(batch);
      const requests = lines.map(
        ({ customId, body }) => `{"custom_id":${JSON.stringify(`${customId}_${mark}`)},"params":${body}}`,
      );
      const body = `{"requests":[${requests.join(',')}]}`;
      return idIn(await connection.submit(PATH, { contentType: 'application/json', body }), 'id');
    },
    look: async (connection, id) => stateOf(await connection.get(pathOf(id))),
    results: async function* (connection, id, paths) {
      for (const path of paths)
        for await (const line of connection.lines(resultsPath(connection, id, path))) yield resultOf(line);
    },
    cancel: async (connection, id) => {
      await connection.post(`${pathOf(id)}/cancel`, { contentType: 'application/json', body: '{}' });
    },
  };
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}

/** The results are where the API says, as long as that is at the address that the key is for. */
function resultsPath({ baseUrl }: BatchConnection, id: string, said: string): string {
  const url = parsedUrl(said);
  return url?.origin === baseUrl.origin ? url.href : `${pathOf(id)}/results`;
}

function markOf({ batchId }: Pick<OwnBatch, 'batchId'>): string {
  return createHash('sha256').update(batchId).digest('hex').slice(0, MARK_CHARACTERS);
}

/** Those that may be a batch of ours by what the list says, newest first. */
async function candidates(connection: BatchConnection, sought: SoughtBatch): Promise<readonly JsonObject[]> {
  const earliest = Date.parse(sought.firstAt) - CLOCKS_DIFFER_MS;
  const latest = Date.parse(sought.lastAt) + SUBMITTING_MS + CLOCKS_DIFFER_MS;
  const found: JsonObject[] = [];
  let after = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const list = await connection.get(`${PATH}?limit=${PAGE}${after === '' ? '' : `&after_id=${after}`}`);
    const batches = listAt(list, 'data').filter(isJsonObject);
    found.push(
      ...batches.filter((batch) => {
        const madeAt = madeAtOf(batch);
        return (
          madeAt >= earliest &&
          madeAt <= latest &&
          requestsIn(batch) === sought.lines &&
          !sought.others.includes(textAt(batch, 'id'))
        );
      }),
    );
    const last = batches.at(-1);
    if (last === undefined || ownValue(list, 'has_more') !== true || madeAtOf(last) < earliest) return found;
    after = encodeURIComponent(textAt(last, 'id'));
  }
  throw tooManyBatches();
}

function madeAtOf(batch: JsonObject): number {
  return Date.parse(textAt(batch, 'created_at'));
}

/** All are counted from the beginning on, as one or the other. */
function requestsIn(batch: JsonObject): number {
  const counts = objectAt(batch, 'request_counts');
  return COUNTS.reduce((sum, name) => sum + (numberAt(counts, name) ?? 0), 0);
}

const COUNTS = ['processing', 'succeeded', 'errored', 'canceled', 'expired'];

function isOver(batch: JsonObject): boolean {
  return textAt(batch, 'processing_status') === 'ended';
}

/** With these the results of a stranger are refused: they were made long ago, or are not for this key. */
const NOT_GIVEN = [400, 403, 404, 410];

/** Whose a batch is, by the first line of its results; empty: it is none of ours. */
async function readMark(connection: BatchConnection, batch: JsonObject): Promise<string> {
  const path = resultsPath(connection, textAt(batch, 'id'), textAt(batch, 'results_url'));
  try {
    for await (const line of connection.lines(path)) {
      const id = line === undefined ? '' : textAt(parseJsonObject(line) ?? {}, 'custom_id');
      if (id !== '') return splitId(id).mark;
    }
  } catch (error) {
    if (!(error instanceof ModelError && NOT_GIVEN.includes(error.facts.status ?? 0))) throw error;
  }
  return '';
}

/** The id of a line that somebody else made may have no mark. */
function splitId(id: string): { readonly customId: string; readonly mark: string } {
  const end = id.lastIndexOf('_');
  return end < 0 ? { customId: id, mark: '' } : { customId: id.slice(0, end), mark: id.slice(end + 1) };
}

function stateOf(batch: JsonObject): BatchState {
  if (!isOver(batch)) return { type: 'running' };
  // What has no line of its own was lost: those that expired or were cancelled have one.
  return { type: 'over', results: [textAt(batch, 'results_url')], rest: NO_LINE };
}

function resultOf(line: string | undefined): ResultLine {
  if (line === undefined) return { unreadable: 'a line is too long' };
  const object = parseJsonObject(line) ?? {};
  const { customId } = splitId(textAt(object, 'custom_id'));
  if (customId === '') return { unreadable: 'a line is no result' };
  const result = objectAt(object, 'result');
  const type = textAt(result, 'type');
  switch (type) {
    case 'succeeded': {
      const message = objectAt(result, 'message');
      const body = JSON.stringify(message);
      return { customId, answer: { type: 'answered', status: 200, requestId: textAt(message, 'id'), body } };
    }
    case 'errored': {
      const error = objectAt(result, 'error');
      const status = STATUSES[textAt(objectAt(error, 'error'), 'type')] ?? 500;
      const requestId = textAt(error, 'request_id');
      return { customId, answer: { type: 'answered', status, requestId, body: JSON.stringify(error) } };
    }
    case 'expired':
      return { customId, answer: { type: 'failed', ...EXPIRED } };
    case 'canceled':
      return { customId, answer: { type: 'failed', ...CANCELLED } };
    default:
      return { customId, answer: { type: 'failed', ...failedLine(type) } };
  }
}

/** A line has the error of a call without its status. https://platform.claude.com/docs/en/api/errors */
const STATUSES: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};
