import { FunctionResponse, type Content, type GenerateContentParameters, type Part } from '@google/genai';
import { isJsonObject } from '../../core/json.js';
import type { ModelRequest } from '../../core/turn.js';
import { planParameters, type ParameterPlan } from '../parameter-plan.js';
import { promptParts, toolCallsOf, toolNameOf, type PromptParts } from '../prompt-parts.js';
import { nameTools, type ToolNames } from '../tool-names.js';

/** One call of `streamGenerateContent`, and what is needed to read its answer. */
export interface GeneratePlan {
  readonly parameters: GenerateContentParameters;
  readonly toolNames: ToolNames;
  readonly warnings: readonly string[];
}

type Config = NonNullable<GenerateContentParameters['config']>;

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planGenerateCall(request: ModelRequest): GeneratePlan {
  const plan = planParameters(request);
  const toolNames = nameTools(request.tools.map((tool) => tool.name));
  const parts = promptParts(request, plan.capabilities.structuredOutput);
  const config: Config = {
    ...(parts.system === '' ? {} : { systemInstruction: parts.system }),
    ...samplingFields(plan),
    ...(plan.stop.length === 0 ? {} : { stopSequences: [...plan.stop] }),
    ...toolFields(request, toolNames),
    ...responseFormat(request, plan),
  };
  const contents = joined(parts.messages.map((message) => contentOf(message, parts, toolNames)));
  return { parameters: { model: request.provider.model, contents, config }, toolNames, warnings: plan.warnings };
}

function samplingFields({ config }: ParameterPlan): Config {
  const { temperature, topP, maxTokens, frequencyPenalty, presencePenalty } = config;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
  };
}

function toolFields(request: ModelRequest, names: ToolNames): Config {
  if (request.tools.length === 0) return {};
  const functionDeclarations = request.tools.map((tool) => ({
    name: names.toWire(tool.name),
    description: tool.description,
    parametersJsonSchema: tool.parameters,
  }));
  return { tools: [{ functionDeclarations }] };
}

function responseFormat({ outputSchema }: ModelRequest, { capabilities }: ParameterPlan): Config {
  if (outputSchema === undefined || capabilities.structuredOutput === 'prompt') return {};
  const responseMimeType = 'application/json';
  return capabilities.structuredOutput === 'json_object'
    ? { responseMimeType }
    : { responseMimeType, responseJsonSchema: outputSchema };
}

function contentOf(message: PromptParts['messages'][number], parts: PromptParts, names: ToolNames): Content {
  switch (message.role) {
    case 'user':
      return { role: 'user', parts: [{ text: message.content }] };
    case 'tool': {
      const name = names.toWire(toolNameOf(parts.messages, message.toolCallId));
      const functionResponse = Object.assign(new FunctionResponse(), { name, response: { result: message.content } });
      return { role: 'user', parts: [{ functionResponse }] };
    }
    case 'assistant': {
      const text: Part[] = message.content === '' ? [] : [{ text: message.content }];
      const calls = toolCallsOf(message).map((call) => ({
        functionCall: { name: names.toWire(call.name), args: isJsonObject(call.arguments) ? call.arguments : {} },
      }));
      return { role: 'model', parts: [...text, ...calls] };
    }
  }
}

/** The API wants all results of one turn's tools in one content. */
function joined(contents: readonly Content[]): Content[] {
  const result: Content[] = [];
  for (const content of contents) {
    const last = result.at(-1);
    if (last?.role === content.role) {
      result[result.length - 1] = { ...content, parts: [...(last?.parts ?? []), ...(content.parts ?? [])] };
    } else result.push(content);
  }
  return result;
}
