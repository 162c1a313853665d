import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json.js';
import { refusedFields } from '../../../src/providers/failures/refused-fields.js';

const SENT = {
  model: 'm',
  messages: [{ role: 'user', content: 'Stop.' }],
  stream: true,
  stream_options: { include_usage: true },
  response_format: { type: 'json_schema', json_schema: { schema: { properties: { temperature: {} } } } },
  temperature: 1,
  top_p: 0.5,
  presence_penalty: 0.5,
  max_tokens: 9,
  stop: ['END'],
  generationConfig: { responseJsonSchema: {}, topK: 1 },
  tools: [],
};

const inMessage = (message: string, status = 400) => refusedFields({ status, body: undefined, message }, SENT);
const inBody = (body: JsonObject, message = '') => refusedFields({ status: 400, body, message }, SENT);

describe('the fields that a server refuses', () => {
  it.each([
    ["Unsupported parameter: 'temperature' is not supported with this model.", ['temperature']],
    ['Unrecognized request argument supplied: stream_options', ['stream_options']],
    ['temperature: Extra inputs are not permitted', ['temperature']],
    ['`temperature` is deprecated for this model.', ['temperature']],
    ['This response_format type is unavailable now', ['response_format']],
    ['Model grok-4 does not support parameter presencePenalty.', ['presence_penalty']],
    ['json: unknown field "stream_options"', ['stream_options']],
    [
      `Unknown name "responseJsonSchema" at 'generation_config': Cannot find field.`,
      ['generationConfig.responseJsonSchema'],
    ],
    [
      "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted'}]",
      ['stream_options'],
    ],
    ["'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", ['max_tokens']],
    ['Unsupported parameter: stream is not supported by this deployment', ['stream']],
    ['Unknown parameter: stop', ['stop']],
  ])('are named in "%s"', (message, fields) => {
    expect(inMessage(message)).toEqual(fields);
  });

  it.each([
    [
      "Invalid schema for response_format 'answer': In context=('a'), schema must have a 'type' key.",
      'response_format',
    ],
    ['The compiled grammar is too large, which would cause performance issues.', 'output_config.format'],
    ["text.format.schema: 'required' has to include every key", 'text.format'],
    [
      'The specified schema produces a constraint that has too many states for serving.',
      'generationConfig.responseJsonSchema',
    ],
    ['failed to load model vocabulary required for format: invalid JSON schema in format', 'format'],
  ])('are the one that has the schema where that is what is wrong: "%s"', (message, path) => {
    const [outer = '', inner] = path.split('.');
    const sent = {
      model: 'm',
      temperature: 1,
      [outer]: inner === undefined ? { type: 'x' } : { [inner]: { type: 'x' } },
    };
    expect(refusedFields({ status: 400, body: undefined, message }, sent)).toEqual([path]);
    expect(refusedFields({ status: 400, body: undefined, message }, { model: 'm', temperature: 1 })).toEqual([]);
  });

  it('are one of two that exclude each other', () => {
    expect(inMessage('`temperature` and `top_p` cannot both be specified for this model.')).toEqual(['top_p']);
  });

  it.each([
    { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options', 'include_usage'], msg: 'no' }] },
    { message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options', 'include_usage'] }] } },
    {
      error: {
        message: { detail: [{ loc: ['stream_options', 'include_usage'], msg: 'Extra inputs are not permitted' }] },
      },
    },
  ])('are those that FastAPI lists, wherever the list is (%#)', (body) => {
    expect(inBody(body)).toEqual(['stream_options.include_usage']);
  });

  it("are what OpenAI's `param` says, whatever else the message names", () => {
    const error = { code: 'unsupported_value', param: 'temperature', message: 'Use top_p.' };
    expect(inBody({ error }, error.message)).toEqual(['temperature']);
  });

  it.each([
    'temperature must be between 0 and 2',
    "Invalid value for 'temperature'",
    'max_tokens is too large: 100000',
    'The model `m` does not exist',
    'Unsupported role in messages',
    'tools are not supported by this model',
    'Please stop: this is not supported',
    'Something unknown happened',
  ])('are none in "%s"', (message) => {
    expect(inMessage(message)).toEqual([]);
  });

  it.each([401, 403, 429])('are none with status %i', (status) => {
    expect(inMessage("Unsupported parameter: 'temperature'", status)).toEqual([]);
  });

  it('are none where a value is wrong, not the field', () => {
    expect(
      inBody({ detail: [{ type: 'less_than', loc: ['body', 'temperature'], msg: 'Input should be less than 2' }] }),
    ).toEqual([]);
  });
});
