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

  it('quotes nothing when the provider repeats the prompt', () => {
    expect(classify(400, { message: 'bad input: "report says that revenue"' }).message).not.toContain('revenue');
  });

  it('says that a web page is not the API', () => {
    const error = classify(200, '<!doctype html><title>Sign in</title>', { contentType: 'text/html' });
    expect([error.code, error.message]).toEqual(['invalid_request', expect.stringContaining('Check the base URL')]);
    expect(error.message).not.toContain('Sign in');
  });

  it('keeps the meaning of a status that comes with a web page', () => {
    expect(classify(502, '<html>Bad Gateway</html>', { contentType: 'text/html' }).code).toBe('server');
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
