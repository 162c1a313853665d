import type { GenerateContentConfig } from '@google/genai';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import type { ModelRequest } from '../../../core/executions/turn.js';
import type { ParameterPlan } from '../../request/parameter-plan.js';
import { planCall, type PlannedCall, type RequestParts } from '../../request/planned-call.js';
import { stateOf, toolCallsOf, toolNameOf, type PromptParts } from '../../request/prompt-parts.js';
import { isJsonArray } from '../../../core/json/json-fields.js';
import { SIGNATURES_FORMAT } from './generate-chunk.js';
import type { ToolNames } from '../../request/tool-names.js';

interface Part {
  text?: string;
  functionCall?: { name: string; args: Record<string, unknown> };
  thoughtSignature?: string;
  functionResponse?: { name: string; response: Record<string, unknown> };
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
  const contents = joined(prompt.messages.map((message) => contentOf(message, prompt, toolNames)));
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

function contentOf(message: PromptParts['messages'][number], parts: PromptParts, names: ToolNames): Content {
  switch (message.role) {
    case 'user':
      return { role: 'user', parts: [{ text: message.content }] };
    case 'tool': {
      const name = names.toWire(toolNameOf(parts.messages, message.toolCallId));
      return { role: 'user', parts: [{ functionResponse: { name, response: { result: message.content } } }] };
    }
    case 'assistant': {
      const text: Part[] = message.content === '' ? [] : [{ text: message.content }];
      const signatures = stateOf(message, SIGNATURES_FORMAT);
      const calls = toolCallsOf(message).map((call, index) => ({
        functionCall: { name: names.toWire(call.name), args: argsOf(call.arguments) },
        ...signatureAt(signatures, index),
      }));
      return { role: 'model', parts: [...text, ...calls] };
    }
  }
}

/** The API takes a call without the signature of its thought for one that it never made. */
function signatureAt(signatures: JsonValue | undefined, index: number): Pick<Part, 'thoughtSignature'> {
  const signature = isJsonArray(signatures) ? signatures[index] : undefined;
  return typeof signature === 'string' ? { thoughtSignature: signature } : {};
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
