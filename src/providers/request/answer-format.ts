import type { Api, ModelCapabilities } from '../../core/agents/model-capabilities.js';
import type { ModelRequest } from '../../core/executions/turn.js';
import type { JsonObject } from '../../core/json/json.js';
import { fitSchema } from './fit-schema.js';
import { STRUCTURED_MODES } from './schema-subsets.js';

/** How a structured answer is asked for, once it is known what the API takes of its schema. */
export type AnswerFormat =
  /** None is asked for. */
  | { readonly type: 'text' }
  /** By what the API takes of the schema. */
  | { readonly type: 'json_schema'; readonly schema: JsonObject; readonly strict: boolean }
  /** The API promises JSON, the prompt says which. */
  | { readonly type: 'json_object' }
  | { readonly type: 'prompt' };

/** What does without the schema where the API does not take it. Elsewhere JSON has to be an object. */
const ANY_JSON: readonly Api[] = ['google', 'ollama'];
/** They make a grammar of the schema and do not show it to the model, which then fills in what it does not understand. */
const SHOWN_TO_NOBODY: readonly Api[] = ['ollama', 'custom'];

export function answerFormat(
  { outputSchema: schema }: Pick<ModelRequest, 'outputSchema'>,
  { structuredOutput }: Pick<ModelCapabilities, 'structuredOutput'>,
  api: Api,
): AnswerFormat {
  if (schema === undefined) return { type: 'text' };
  if (structuredOutput !== 'json_schema') return { type: structuredOutput };
  for (const { subset, strict } of STRUCTURED_MODES[api]) {
    const fitted = fitSchema(schema, subset);
    if (fitted !== undefined) return { type: 'json_schema', schema: fitted, strict };
  }
  return { type: ANY_JSON.includes(api) ? 'json_object' : 'prompt' };
}

export function formatWarnings(
  { type }: AnswerFormat,
  { structuredOutput }: Pick<ModelCapabilities, 'structuredOutput'>,
): readonly string[] {
  if (structuredOutput !== 'json_schema' || type === 'text' || type === 'json_schema') return [];
  return [
    'The output schema was put into the prompt: the structured mode of the provider does not take schemas like it.',
  ];
}

/** Whether the prompt has to say what the answer shall be. */
export function isStated({ type }: AnswerFormat, api: Api): boolean {
  return type !== 'text' && (type !== 'json_schema' || SHOWN_TO_NOBODY.includes(api));
}
