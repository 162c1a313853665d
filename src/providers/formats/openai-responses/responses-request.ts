import type {
  EasyInputMessage,
  ResponseCreateParamsStreaming,
  ResponseInputItem,
} from 'openai/resources/responses/responses';
import type { JsonObject } from '../../../core/json/json.js';
import { textAt } from '../../../core/json/json-fields.js';
import { reasons } from '../../../core/agents/model-capabilities.js';
import type { ModelRequest } from '../../../core/executions/turn.js';
import type { ParameterPlan } from '../../request/parameter-plan.js';
import { planCall, type PlannedCall, type RequestParts } from '../../request/planned-call.js';
import { argumentsText, type PromptParts } from '../../request/prompt-parts.js';
import { addressOf } from '../picture-address.js';
import { promptCacheKey } from '../../request/prompt-caching.js';
import { extraBody } from '../../request/request-options.js';
import { schemaName } from '../../request/structured-output.js';
import { partsOfTurn, type TurnPart } from '../turn-parts.js';
import { REASONING_FORMAT, reasoningIn } from './reasoning-items.js';
import type { ToolNames } from '../../request/tool-names.js';

/** The API takes no smaller limit. */
const SMALLEST_TOKEN_LIMIT = 16;

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planResponsesCall(request: ModelRequest): PlannedCall<ResponseCreateParamsStreaming> {
  return planCall(request, (parts) => bodyOf(request, parts), 'openai');
}

function bodyOf(request: ModelRequest, parts: RequestParts): ResponseCreateParamsStreaming {
  const { prompt, toolNames } = parts;
  return {
    model: request.provider.model,
    input: prompt.messages.flatMap((message) => inputItems(message, toolNames)),
    stream: true,
    // Conversations are kept by us; a second copy at the provider would be one that nobody deletes.
    store: false,
    ...(prompt.system === '' ? {} : { instructions: prompt.system }),
    ...samplingFields(parts),
    ...toolFields(request, toolNames),
    ...textFormat(parts, request.outputSchema),
    ...promptCacheKey(request, parts),
    ...extraBody(request),
  };
}

type Fields = Partial<ResponseCreateParamsStreaming>;

function samplingFields({ config }: ParameterPlan): Fields {
  return {
    ...(config.temperature === undefined ? {} : { temperature: config.temperature }),
    ...(config.topP === undefined ? {} : { top_p: config.topP }),
    ...(config.maxTokens === undefined ? {} : { max_output_tokens: Math.max(config.maxTokens, SMALLEST_TOKEN_LIMIT) }),
  };
}

function toolFields(request: ModelRequest, names: ToolNames): Fields {
  if (request.tools.length === 0) return {};
  // Models that do not reason refuse to be asked for it.
  const include: Fields = reasons(request.provider.model) ? { include: ['reasoning.encrypted_content'] } : {};
  const tools = request.tools.map((tool) => ({
    type: 'function' as const,
    name: names.toWire(tool.name),
    description: tool.description,
    parameters: { ...tool.parameters },
    strict: false,
  }));
  return { tools, ...include };
}

function textFormat({ format }: RequestParts, schema: ModelRequest['outputSchema']): Fields {
  switch (format.type) {
    case 'text':
    case 'prompt':
      return {};
    case 'json_object':
      return { text: { format: { type: 'json_object' } } };
    case 'json_schema': {
      const named = { name: schemaName(schema), schema: { ...format.schema }, strict: format.strict };
      return { text: { format: { type: 'json_schema', ...named } } };
    }
  }
}

function inputItems(message: PromptParts['messages'][number], names: ToolNames): ResponseInputItem[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: userContent(message) }];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.toolCallId ?? '', output: message.content }];
    case 'assistant':
      return partsOfTurn(message, REASONING_FORMAT).map((part) => itemOf(part, names));
  }
}

function userContent({ content, pictures = [] }: PromptParts['messages'][number]): EasyInputMessage['content'] {
  if (pictures.length === 0) return content;
  const images = pictures.map((picture) => ({
    type: 'input_image' as const,
    image_url: addressOf(picture),
    detail: 'auto' as const,
  }));
  return [...images, { type: 'input_text', text: content }];
}

function itemOf(part: TurnPart, names: ToolNames): ResponseInputItem {
  switch (part.type) {
    case 'kept':
      return reasoningIn(part.block);
    case 'text':
      return { role: 'assistant', content: part.text, ...phaseIn(part.fields) };
    case 'call': {
      const { call } = part;
      return {
        type: 'function_call',
        call_id: call.id,
        name: names.toWire(call.name),
        arguments: argumentsText(call),
      };
    }
  }
}

/** Models that mark what they say between their calls do worse when they do not find their marks again. */
function phaseIn(fields: JsonObject): Pick<EasyInputMessage, 'phase'> {
  const phase = textAt(fields, 'phase');
  return phase === 'commentary' || phase === 'final_answer' ? { phase } : {};
}
