import { isJsonObject, ownValue } from '../../core/json/json.js';
import type { ModelRequest, ToolCall } from '../../core/executions/turn.js';
import { isJsonArray, textAt } from '../../core/json/json-fields.js';
import { stateSchema } from './structured-output.js';

type RequestMessage = ModelRequest['messages'][number];
type SpokenMessage = RequestMessage & { readonly role: Exclude<RequestMessage['role'], 'system'> };

/** A request's messages as the APIs want them: what the system says apart from what is said. */
export interface PromptParts {
  /** Empty when there is none. */
  readonly system: string;
  readonly messages: readonly SpokenMessage[];
}

/** `isStated`: the system prompt says what the answer has to be. */
export function promptParts(request: ModelRequest, isStated: boolean): PromptParts {
  const { outputSchema } = request;
  const system = request.messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const stated = outputSchema === undefined || !isStated ? [] : [stateSchema(outputSchema)];
  return { system: [...system, ...stated].join('\n\n'), messages: request.messages.filter(isSpoken) };
}

function isSpoken(message: RequestMessage): message is SpokenMessage {
  return message.role !== 'system';
}

/** The calls that an assistant message made, as they were kept. */
export function toolCallsOf({ toolCalls }: RequestMessage): readonly ToolCall[] {
  const calls = isJsonArray(toolCalls) ? toolCalls.filter(isJsonObject) : [];
  return calls.map((call) => ({
    id: textAt(call, 'id'),
    name: textAt(call, 'name'),
    arguments: ownValue(call, 'arguments') ?? {},
  }));
}

/** Arguments that were no JSON are kept as the text that the model wrote, and go back to it as such. */
export function argumentsText({ arguments: given }: ToolCall): string {
  return typeof given === 'string' ? given : JSON.stringify(given);
}

/** The name of the tool that a result answers, which some APIs want with it. */
export function toolNameOf(messages: PromptParts['messages'], toolCallId: string | undefined): string {
  const calls = messages.flatMap((message) => toolCallsOf(message));
  return calls.find(({ id }) => id === toolCallId)?.name ?? 'unknown';
}
