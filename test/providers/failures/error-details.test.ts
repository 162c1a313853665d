import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json.js';
import { errorIn, readErrorDetails } from '../../../src/providers/failures/error-details.js';

const INNER = { message: "This model's maximum context length is 131072 tokens.", code: 'context_length_exceeded' };

describe('the message of an error', () => {
  it.each<[JsonObject, string]>([
    [{ error: { message: 'a' } }, 'a'],
    [{ error: 'a' }, 'a'],
    [{ message: 'a' }, 'a'],
    [{ detail: 'Not Found' }, 'Not Found'],
    [{ error: 'unauthorized', message: 'No key.' }, 'No key.: unauthorized'],
    [{ errors: [{ message: 'a' }, { message: 'b' }] }, 'a; b'],
    [
      { error: { message: 'Provider returned error', metadata: { raw: JSON.stringify({ error: INNER }) } } },
      `Provider returned error: ${INNER.message}`,
    ],
    [
      { error: { message: 'Provider returned error', metadata: { raw: 'upstream is full' } } },
      'Provider returned error: upstream is full',
    ],
    [{ error: { message: JSON.stringify({ error: INNER }) } }, INNER.message],
    [
      { detail: [{ loc: ['body', 'top_k'], msg: 'Input should be less than 2' }] },
      'body.top_k: Input should be less than 2',
    ],
    [
      {
        message: {
          detail: [
            { loc: ['body', 'a'], msg: 'no' },
            { loc: ['body', 'b', 0], msg: 'no' },
          ],
        },
      },
      'body.a: no; body.b.0: no',
    ],
    [{ detail: { error: { message: 'a' } } }, 'a'],
    [{ title: 'Bad Request', status: 400, detail: 'The field is wrong.' }, 'The field is wrong.'],
    [
      { error: { code: 'content_filter', message: 'Filtered.', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      'Filtered.',
    ],
    [{ fault: { faultstring: 'Quota used up' } }, 'Quota used up'],
    [{ error: {} }, ''],
    [{}, ''],
  ])('of %j is found', (body, message) => {
    expect(readErrorDetails(body).message).toBe(message);
  });

  it('has the codes of all that are within each other', () => {
    const raw = JSON.stringify({ error: { ...INNER, type: 'invalid_request_error' } });
    expect(
      readErrorDetails({ error: { message: 'Provider returned error', code: 400, metadata: { raw } } }),
    ).toMatchObject({
      code: '400 context_length_exceeded',
      type: 'invalid_request_error',
    });
  });

  it('is found within bounds', () => {
    const deep = Array.from({ length: 1000 }).reduce<JsonObject>(
      (inner) => ({ error: inner, errors: [inner, inner] }),
      { message: 'a' },
    );
    expect(readErrorDetails(deep).message).toBe('');
  });
});

describe('an object within a stream', () => {
  it.each<JsonObject>([
    { error: { message: 'a' } },
    { error: 'a' },
    { type: 'error', message: 'a' },
    { object: 'error', message: 'a' },
    { errors: [{ message: 'a' }] },
    { detail: 'a' },
    { code: 503, message: 'a' },
    { status: '429', message: 'a' },
    { status: 'error', message: 'a' },
    { status: 'FAILED', detail: 'a' },
    { event: 'error', message: 'a' },
    { success: false, msg: 'a' },
    { ok: false, message: 'a' },
    { code: 50_001, msg: 'a' },
    { code: 'InvalidParameter', message: 'a', request_id: 'r' },
    { error_code: 17, error_msg: 'b', message: 'a' },
    { __type: 'ThrottlingException', message: 'a' },
    { choices: [], base_resp: { status_code: 1002, status_msg: 'a' } },
  ])('is an error: %j', (object) => {
    expect(errorIn(object)).toMatchObject({ message: 'a' });
  });

  it.each<JsonObject>([
    {},
    { error: null },
    { error: false },
    { error: '' },
    { choices: [], code: 500 },
    { message: { content: 'a' }, done: false },
    { status: 'processing', message: 'Model is loading' },
    { type: 'ping' },
    { code: 0, message: 'ok' },
    { code: '200', msg: 'success', success: true },
    { type: 'response.code_interpreter_call_code.done', code: 'print(1)' },
    { choices: [], base_resp: { status_code: 0, status_msg: '' } },
    { status: 'in_progress', message: 'queued' },
    { response: { error: { message: 'a' } } },
  ])('is none: %j', (object) => {
    expect(errorIn(object)).toBeUndefined();
  });
});
