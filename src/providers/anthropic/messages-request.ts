import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  Tool,
} from '@anthropic-ai/sdk/resources/messages';
import { isJsonObject } from '../../core/json.js';
import type { ModelRequest } from '../../core/turn.js';
import { planParameters, type ParameterPlan } from '../parameter-plan.js';
import { promptParts, toolCallsOf, type PromptParts } from '../prompt-parts.js';
import { extraBody } from '../request-options.js';
import { nameTools, type ToolNames } from '../tool-names.js';

/** One call of the Messages API, and what is needed to read its answer. */
export interface MessagesPlan {
  readonly body: MessageCreateParamsStreaming;
  readonly toolNames: ToolNames;
  readonly warnings: readonly string[];
}

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planMessagesCall(request: ModelRequest): MessagesPlan {
  const plan = planParameters(request);
  const toolNames = nameTools(request.tools.map((tool) => tool.name));
  const parts = promptParts(request, plan.capabilities.structuredOutput);
  const body: MessageCreateParamsStreaming = {
    model: request.provider.model,
    max_tokens: plan.config.maxTokens ?? 0,
    messages: joined(parts.messages.map((message) => messageParam(message, toolNames))),
    stream: true,
    ...(parts.system === '' ? {} : { system: parts.system }),
    ...(plan.stop.length === 0 ? {} : { stop_sequences: [...plan.stop] }),
    ...toolFields(request, toolNames),
    ...outputFormat(request, plan),
  };
  return { body: { ...body, ...extraBody(request) }, toolNames, warnings: plan.warnings };
}

type Fields = Partial<MessageCreateParamsStreaming>;

interface BlockMessage {
  readonly role: 'user' | 'assistant';
  readonly content: ContentBlockParam[];
}

function toolFields(request: ModelRequest, names: ToolNames): Fields {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool): Tool => ({
    name: names.toWire(tool.name),
    description: tool.description,
    input_schema: { ...tool.parameters, type: 'object' },
  }));
  return { tools };
}

function outputFormat({ outputSchema }: ModelRequest, { capabilities }: ParameterPlan): Fields {
  if (outputSchema === undefined || capabilities.structuredOutput !== 'json_schema') return {};
  return { output_config: { format: { type: 'json_schema', schema: { ...outputSchema } } } };
}

function messageParam(message: PromptParts['messages'][number], names: ToolNames): BlockMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.content }] };
    case 'tool':
      return {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: message.toolCallId ?? '', content: message.content }],
      };
    case 'assistant': {
      const text: ContentBlockParam[] = message.content === '' ? [] : [{ type: 'text', text: message.content }];
      const calls = toolCallsOf(message).map((call) => ({
        type: 'tool_use' as const,
        id: call.id,
        name: names.toWire(call.name),
        input: isJsonObject(call.arguments) ? call.arguments : {},
      }));
      return { role: 'assistant', content: [...text, ...calls] };
    }
  }
}

/** The API wants all results of one turn's tools in one message. */
function joined(messages: readonly BlockMessage[]): MessageParam[] {
  const result: BlockMessage[] = [];
  for (const message of messages) {
    const last = result.at(-1);
    if (last?.role !== message.role) result.push(message);
    else result[result.length - 1] = { role: last.role, content: [...last.content, ...message.content] };
  }
  return result;
}
