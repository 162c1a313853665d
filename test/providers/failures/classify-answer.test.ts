import { describe, expect, it } from 'vitest';
import {
  classifyAnswer,
  classifyStreamedError,
  type ErrorContext,
} from '../../../src/providers/failures/classify-answer.js';
import type { FailedAnswer } from '../../../src/providers/failures/failed-answer.js';

const context: ErrorContext = {
  model: 'gpt-4o',
  keySource: 'OPENAI_API_KEY',
  secrets: ['super-secret-key'],
  prompts: ['The quarterly report says that revenue fell by half.'],
  sent: () => ({ model: 'gpt-4o', messages: [], stream_options: { include_usage: true }, temperature: 1 }),
};

function classify(status: number, error: unknown, fields: Partial<FailedAnswer> = {}) {
  const text = typeof error === 'string' ? error : JSON.stringify({ error });
  const answer = { status, facts: {}, contentType: 'application/json', text, location: '', host: 'llm.example.com' };
  return classifyAnswer({ ...answer, ...fields }, context);
}

describe('classifyAnswer', () => {
  it.each([
    [400, { message: 'bad' }, 'invalid_request'],
    [400, { code: 'context_length_exceeded' }, 'context_length'],
    [400, { message: "This model's maximum context length is 8192 tokens" }, 'context_length'],
    [400, { code: 'content_filter' }, 'content_filter'],
    [400, { message: 'API key not valid. Please pass a valid API key.' }, 'auth'],
    [401, { code: 'invalid_api_key' }, 'auth'],
    [402, { message: 'Insufficient Balance' }, 'quota'],
    [403, { message: 'no' }, 'auth'],
    [404, { code: 'model_not_found' }, 'model_not_found'],
    [404, { message: 'model "lama" not found, try pulling it first' }, 'model_not_found'],
    [404, { message: 'no route' }, 'invalid_request'],
    [408, {}, 'timeout'],
    [413, {}, 'context_length'],
    [422, {}, 'invalid_request'],
    [429, { message: 'slow down' }, 'rate_limit'],
    [429, { type: 'insufficient_quota' }, 'quota'],
    [500, { type: 'server_error' }, 'server'],
    [502, {}, 'server'],
    [503, { type: 'server_error' }, 'overloaded'],
    [504, {}, 'server'],
    [529, {}, 'overloaded'],
    [200, { code: 429, message: 'upstream' }, 'rate_limit'],
    [200, { message: 'boom' }, 'server'],
    [200, { code: 'insufficient_quota' }, 'quota'],
  ])('classifies %i with %j as %s', (status, error, code) => {
    expect(classify(status, error).code).toBe(code);
  });

  it('says which fields the server refuses, and how to leave them out', () => {
    const error = classify(400, { message: "Unsupported parameter: 'temperature' is not supported with this model." });
    expect(error.code).toBe('invalid_request');
    expect(error.facts.refusedFields).toEqual(['temperature']);
    expect(error.message).toContain('"omit": ["temperature"]');
  });

  it('passes on what the headers said', () => {
    expect(classify(429, {}, { facts: { retryAfterMs: 2_000 } }).facts).toEqual({ retryAfterMs: 2_000 });
  });

  it("quotes the provider's words, in one line", () => {
    expect(classify(400, { message: 'Unknown\nparameter: top_k' }).message).toContain(
      '(HTTP 400: Unknown parameter: top_k)',
    );
  });

  it.each([
    'key super-secret-key is wrong',
    'Incorrect API key provided: sk-proj-abcdef***xyz',
    'saw Bearer abcdefghijkl',
  ])('masks keys: %s', (message) => {
    expect(classify(401, { message }).message).not.toMatch(/super-secret|sk-proj|abcdefghijkl/);
  });

  it('masks a key that its quote would cut in two', { tags: 'no-secrets' }, () => {
    expect(classify(401, { message: `${'.'.repeat(290)} super-secret-key` }).message).not.toContain('super');
  });

  it('quotes nothing of the prompt that the provider repeats, and what it says besides', () => {
    const { message } = classify(400, { message: 'bad input: "report says that revenue"' });
    expect(message).not.toContain('revenue');
    expect(message).toContain('bad input:');
  });

  it('says that a web page is not the API', () => {
    const error = classify(200, '<!doctype html><title>Sign in</title>', { contentType: 'text/html' });
    expect([error.code, error.message]).toEqual(['invalid_request', expect.stringContaining('Check the base URL')]);
    expect(error.message).not.toContain('Sign in');
  });

  it.each([
    [502, '502 Bad Gateway', 'server', /API behind it failed/],
    [503, 'Service Unavailable', 'overloaded', /API behind it failed/],
    [504, '504 Gateway Time-out', 'server', /did not answer in time/],
    [524, 'A timeout occurred', 'server', /did not answer in time/],
    [413, '413 Request Entity Too Large', 'context_length', /shorten the prompt/],
    [429, 'Slow down', 'rate_limit', /rate/],
    [403, 'Just a moment...', 'auth', /robots/],
  ])('says that a gateway answered with a page of status %i, in words to act on', (status, title, code, advice) => {
    const page = `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
    const error = classify(status, page, { contentType: 'text/html' });
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(advice)]);
    expect(error.message).toContain(`HTTP ${status}, "${title}"`);
    expect(error.message).not.toContain('base URL');
  });

  it('quotes an error in plain text', () => {
    const answer = { contentType: 'text/plain' };
    expect(classify(503, 'no healthy upstream', answer).message).toContain('(HTTP 503: no healthy upstream)');
  });

  it('says of a path that there is not what it means', () => {
    expect(classify(404, JSON.stringify({ detail: 'Not Found' })).message).toMatch(/HTTP 404: Not Found\).*base URL/);
  });

  it('says what the server behind a gateway said', () => {
    const raw = JSON.stringify({
      error: { message: "This model's maximum context length is 131072 tokens.", code: 'x' },
    });
    const error = classify(400, { message: 'Provider returned error', code: 400, metadata: { raw } });
    expect([error.code, error.message]).toEqual(['context_length', expect.stringContaining('131072')]);
  });

  it('says that nothing is no answer', () => {
    const error = classify(204, '');
    expect([error.code, error.message]).toEqual(['invalid_request', expect.stringContaining('Check the base URL')]);
  });

  it('names the host that a redirect leads to', () => {
    const error = classify(307, '', { location: 'https://other.example.com/v1/chat' });
    expect([error.code, error.message]).toEqual(['invalid_request', expect.stringContaining('to other.example.com')]);
  });
});

describe('classifyStreamedError', () => {
  it.each([
    [{ code: '', type: 'overloaded_error', message: '' }, 'overloaded'],
    [{ code: '502', type: '', message: 'upstream' }, 'server'],
    [{ code: '', type: 'invalid_request_error', message: '' }, 'invalid_request'],
    [{ code: '', type: '', message: '' }, 'server'],
  ])('classifies %j as %s', (details, code) => {
    expect(classifyStreamedError(details, 'llm.example.com', context).code).toBe(code);
  });
});

describe('a message of megabytes', () => {
  it.each(['token count ', 'model ', 'models not ', 'context ', 'exceeds the ', 'try again in 1', '. ', '1.1'])(
    'of nothing but %j is classified while one waits',
    (piece) => {
      const message = piece.repeat(2_000_000 / piece.length);
      expect(classifyStreamedError({ code: '', type: '', message }, 'llm.example.com', context).code).toBe('server');
    },
  );
});
