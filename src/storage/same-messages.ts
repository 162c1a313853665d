import type { Message } from '../core/executions/conversation.js';
import { jsonEquals, type JsonObject } from '../core/json/json.js';

export function isSameMessages(left: readonly Message[], right: readonly Message[]): boolean {
  return left.length === right.length && left.every((message, index) => isSame(message, right[index]));
}

function isSame(left: Message, right: Message | undefined): boolean {
  return right !== undefined && jsonEquals(asJson(left), asJson(right));
}

function asJson({ providerState, ...message }: Message): JsonObject {
  return { ...message, ...(providerState === undefined ? {} : { providerState: { ...providerState } }) };
}
