import type { GenerateContentConfig } from '@google/genai';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import type { ModelRequest } from '../../../core/executions/turn.js';
import type { ParameterPlan } from '../../request/parameter-plan.js';
import { planCall, type PlannedCall, type RequestParts } from '../../request/planned-call.js';
import { toolNameOf, type PromptParts } from '../../request/prompt-parts.js';
import { textAt } from '../../../core/json/json-fields.js';
import { partsOfTurn, type TurnPart } from '../turn-parts.js';
import { SIGNATURES_FORMAT } from './generate-chunk.js';
import type { ToolNames } from '../../request/tool-names.js';

interface FunctionResponse {
  id?: string;
  name: string;
  response: Record<string, unknown>;
}

interface Part {
  text?: string;
  thought?: true;
  functionCall?: { id?: string; name: string; args: Record<string, unknown> };
  thoughtSignature?: string;
  functionResponse?: FunctionResponse;
  inlineData?: { mimeType: string; data: string };
}

interface Content {
  role: 'user' | 'model';
  parts: Part[];
}

interface GenerateBody {
  readonly model: string;
  readonly contents: Content[];
  readonly config: GenerateContentConfig;
}

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planGenerateCall(request: ModelRequest): PlannedCall<GenerateBody> {
  return planCall(request, (parts) => bodyOf(request, parts));
}

function bodyOf(request: ModelRequest, parts: RequestParts): GenerateBody {
  const { prompt, toolNames } = parts;
  const config: GenerateContentConfig = {
    ...(prompt.system === '' ? {} : { systemInstruction: prompt.system }),
    ...samplingFields(parts),
    ...(parts.stop.length === 0 ? {} : { stopSequences: [...parts.stop] }),
    ...toolFields(request, toolNames),
    ...responseFormat(parts),
  };
  const ids = givenIds(prompt);
  const responseOf = ({ content, toolCallId = '' }: PromptParts['messages'][number]): FunctionResponse => {
    const name = toolNames.toWire(toolNameOf(prompt.messages, toolCallId));
    return { ...ids.get(toolCallId), name, response: { result: content } };
  };
  const contents = joined(prompt.messages.map((message) => contentOf(message, responseOf, toolNames)));
  return { model: request.provider.model, contents, config };
}

function samplingFields({ config }: ParameterPlan): GenerateContentConfig {
  const { temperature, topP, maxTokens, frequencyPenalty, presencePenalty } = config;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
  };
}

function toolFields(request: ModelRequest, names: ToolNames): GenerateContentConfig {
  if (request.tools.length === 0) return {};
  const functionDeclarations = request.tools.map((tool) => ({
    name: names.toWire(tool.name),
    description: tool.description,
    parametersJsonSchema: tool.parameters,
  }));
  return { tools: [{ functionDeclarations }] };
}

function responseFormat({ format }: RequestParts): GenerateContentConfig {
  const responseMimeType = 'application/json';
  switch (format.type) {
    case 'text':
    case 'prompt':
      return {};
    case 'json_object':
      return { responseMimeType };
    case 'json_schema':
      return { responseMimeType, responseJsonSchema: format.schema };
  }
}

function contentOf(
  message: PromptParts['messages'][number],
  responseOf: (message: PromptParts['messages'][number]) => FunctionResponse,
  names: ToolNames,
): Content {
  switch (message.role) {
    case 'user':
      return { role: 'user', parts: [...imagesOf(message), { text: message.content }] };
    case 'tool':
      return { role: 'user', parts: [{ functionResponse: responseOf(message) }] };
    case 'assistant':
      return { role: 'model', parts: partsOfTurn(message, SIGNATURES_FORMAT).map((part) => partOf(part, names)) };
  }
}

/** What is at an address has been fetched. */
function imagesOf({ pictures = [] }: PromptParts['messages'][number]): Part[] {
  return pictures.flatMap((picture) =>
    picture.type === 'linked' ? [] : [{ inlineData: { mimeType: picture.mediaType, data: picture.data } }],
  );
}

/** By our own id of a call: the one that the API gave it, which it wants with the result. */
function givenIds({ messages }: PromptParts): ReadonlyMap<string, { id?: string }> {
  const calls = messages.flatMap((message) => partsOfTurn(message, SIGNATURES_FORMAT));
  return new Map(calls.flatMap((part) => (part.type === 'call' ? [[part.call.id, idIn(part.fields)]] : [])));
}

/** The API takes a call without the signature of its thought for one that it never made. */
function partOf(part: TurnPart, names: ToolNames): Part {
  switch (part.type) {
    case 'kept':
      return { ...signatureIn(part.block), text: textAt(part.block, 'text'), ...thoughtIn(part.block) };
    case 'text':
      return { text: part.text, ...signatureIn(part.fields) };
    case 'call': {
      const { name, arguments: given } = part.call;
      const functionCall = { ...idIn(part.fields), name: names.toWire(name), args: argsOf(given) };
      return { functionCall, ...signatureIn(part.fields) };
    }
  }
}

function idIn(fields: JsonObject): { id?: string } {
  const id = textAt(fields, 'id');
  return id === '' ? {} : { id };
}

function signatureIn(fields: JsonObject): Pick<Part, 'thoughtSignature'> {
  const thoughtSignature = textAt(fields, 'thoughtSignature');
  return thoughtSignature === '' ? {} : { thoughtSignature };
}

function thoughtIn(block: JsonObject): Pick<Part, 'thought'> {
  return ownValue(block, 'thought') === true ? { thought: true } : {};
}

function argsOf(given: JsonValue): JsonObject {
  return isJsonObject(given) ? { ...given } : {};
}

/** The API wants all results of one turn's tools in one content. */
function joined(contents: readonly Content[]): Content[] {
  const result: Content[] = [];
  for (const content of contents) {
    const last = result.at(-1);
    if (last?.role !== content.role) result.push(content);
    else result[result.length - 1] = { ...content, parts: [...last.parts, ...content.parts] };
  }
  return result;
}
