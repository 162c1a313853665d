import { isJsonObject, ownValue, type JsonValue } from '../../core/json/json.js';
import type { ModelRequest, RequestMessage, ToolCall } from '../../core/executions/turn.js';
import { isJsonArray, textAt } from '../../core/json/json-fields.js';
import { stateSchema } from './structured-output.js';

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
  return { system: [...system, ...stated].join('\n\n'), messages: joined(spokenMessages(request)) };
}

/** Without turns in which nothing was said, which APIs refuse: one of them would end its conversation for good. */
function spokenMessages({ messages }: ModelRequest): readonly SpokenMessage[] {
  const spoken = messages.filter(isSpoken);
  return spoken.filter((message, index) => index === spoken.length - 1 || saysSomething(message));
}

function saysSomething(message: SpokenMessage): boolean {
  const isShown = (message.pictures ?? []).length > 0;
  return message.role === 'tool' || message.content.trim() !== '' || isShown || toolCallsOf(message).length > 0;
}

/** Questions that nothing was said between become one: the templates of many models want the roles to take turns. */
function joined(messages: readonly SpokenMessage[]): readonly SpokenMessage[] {
  const result: SpokenMessage[] = [];
  for (const message of messages) {
    const last = result.at(-1);
    if (last?.role !== 'user' || message.role !== 'user') result.push(message);
    else result[result.length - 1] = { ...last, ...together(last, message) };
  }
  return result;
}

function together(first: SpokenMessage, second: SpokenMessage): Pick<SpokenMessage, 'content' | 'pictures'> {
  const pictures = [...(first.pictures ?? []), ...(second.pictures ?? [])];
  const content = `${first.content}\n\n${second.content}`;
  return { content, ...(pictures.length === 0 ? {} : { pictures }) };
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

/** What the format's provider gave with a message, to get it back; nothing where another one gave it. */
export function stateOf({ providerState }: RequestMessage, format: string): JsonValue | undefined {
  return providerState?.format === format ? providerState.content : undefined;
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
