import { describe, expect, it } from 'vitest';
import { secondTry } from '../../../src/providers/request/second-try.js';
import { aProvider, aRequest } from '../../support/model-request.js';

const options = (refused: readonly string[], fields: Parameters<typeof aRequest>[0] = {}) =>
  secondTry(aRequest(fields), refused)?.request.provider.options;

describe('a second try', () => {
  it('leaves out what was refused, besides what the agent omits itself, and says how to spare the first', () => {
    const again = secondTry(aRequest({ provider: aProvider({ options: { omit: ['a'] } }) }), ['stream_options']);
    expect(again?.request.provider.options).toEqual({ omit: ['a', 'stream_options'] });
    expect(again?.warnings).toEqual([expect.stringContaining('{"omit":["a","stream_options"]}')]);
  });

  it('is none when nothing was refused by name', () => {
    expect(secondTry(aRequest(), [])).toBeUndefined();
  });

  it('gives the limit of tokens its other name', () => {
    expect(options(['max_tokens'])).toEqual({ tokenLimitField: 'max_completion_tokens' });
    expect(options(['max_completion_tokens'])).toEqual({ tokenLimitField: 'max_tokens' });
  });

  it('leaves the limit of tokens out where its other name was refused before', () => {
    const provider = aProvider({ options: { tokenLimitField: 'max_tokens' } });
    expect(options(['max_completion_tokens'], { provider })).toMatchObject({ omit: ['max_completion_tokens'] });
  });

  it('states the schema in the prompt where the field that carries it was refused', () => {
    const outputSchema = { type: 'object' };
    for (const field of [
      'response_format',
      'text.format',
      'format',
      'output_config',
      'generationConfig.responseJsonSchema',
    ])
      expect(options([field], { outputSchema })).toEqual({ structuredOutput: 'prompt' });
  });

  it('keeps what strictParameters insists on, and drops only what nobody asked for', () => {
    expect(options(['temperature'], { strictParameters: true })).toBeUndefined();
    for (const field of ['stream_options', 'prompt_cache_key'])
      expect(options([field], { strictParameters: true })).toEqual({ omit: [field] });
  });
});
