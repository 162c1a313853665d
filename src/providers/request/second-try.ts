import { ownValue, type JsonObject } from '../../core/json/json.js';
import type { ModelRequest } from '../../core/executions/turn.js';
import { omittedFields } from './outgoing-body.js';

/** What nobody asked for: an agent that insists on its parameters loses none of them with these. */
const OURS = ['stream', 'stream_options', 'stream_options.include_usage', 'store', 'truncate', 'prompt_cache_key'];

/** Says the same in another way than the field that was refused: options that make the request do so. */
interface Remedy {
  readonly of: RegExp;
  readonly options: (field: string, request: ModelRequest) => JsonObject | undefined;
}

/** The first that knows the field decides; a field that none knows is left out. */
const REMEDIES: readonly Remedy[] = [
  {
    of: /^max_(?:completion_)?tokens$/,
    options: (field, { provider }) =>
      provider.type === 'openai' || provider.type === 'custom'
        ? { tokenLimitField: field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens' }
        : undefined,
  },
  {
    of: /^(?:response_format|text|text\.format|format|output_config|output_format|generationConfig\.response\w+)(?:$|\.)/,
    options: (_, request) => (request.outputSchema === undefined ? undefined : { structuredOutput: 'prompt' }),
  },
];

export interface SecondTry {
  readonly request: ModelRequest;
  /** What is not sent as it was asked for. */
  readonly warnings: readonly string[];
}

/**
 * The request once more, after its server refused some fields by name (`facts.refusedFields` of the failure): in
 * another way where REMEDIES has one, else without them. All that it changes are options of the provider, so an agent
 * can set them itself and spare the first try; the warnings say which. `undefined` when nothing can be changed, or when
 * `strictParameters` wants what was refused.
 */
export function secondTry(request: ModelRequest, refused: readonly string[]): SecondTry | undefined {
  if (refused.length === 0) return undefined;
  const changes = refused.map((field) => ({ field, options: remedyOf(field, request) }));
  const left = changes.flatMap(({ field, options }) => (options === undefined ? [field] : []));
  if (request.strictParameters && !left.every((field) => OURS.includes(field))) return undefined;
  const omit = left.length === 0 ? {} : { omit: [...omittedFields(request.provider), ...left] };
  const options = changes.reduce<JsonObject>((all, change) => ({ ...all, ...change.options }), omit);
  return {
    request: { ...request, provider: { ...request.provider, options: { ...request.provider.options, ...options } } },
    warnings: [warningOf(refused, options)],
  };
}

function remedyOf(field: string, request: ModelRequest): JsonObject | undefined {
  const options = REMEDIES.find(({ of }) => of.test(field))?.options(field, request);
  if (options === undefined) return undefined;
  // What the agent has chosen itself was refused: there is no other way left.
  const isNew = Object.entries(options).some(([name, value]) => ownValue(request.provider.options, name) !== value);
  return isNew ? options : undefined;
}

function warningOf(refused: readonly string[], options: JsonObject): string {
  const fields = refused.join(', ');
  return `The server refused ${fields}, so the request was sent once more. These options spare the first try: ${JSON.stringify(options)}.`;
}
