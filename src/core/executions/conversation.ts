import type { JsonValue } from '../json/json.js';
import type { ProviderState } from './provider-state.js';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly toolCalls?: JsonValue;
  /** Pictures that went along: they lie in the input of its execution. */
  readonly pictures?: readonly PictureNote[];
  readonly toolCallId?: string;
  /** What the model's provider gets back as it is. Nobody else is shown it. */
  readonly providerState?: ProviderState;
  readonly timestamp: string;
  /** Of which execution it is. Absent in messages of before that was kept. */
  readonly executionId?: string;
  /** The turn of the execution that left it; absent in the prompts that it began with. */
  readonly turn?: number;
}

/** A picture of a message: the input that holds it, and what it is, in words. */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- an interface is no JSON to the compiler
export type PictureNote = { readonly input: string; readonly shown: string };

/** The messages that one or more executions of an agent exchanged with its model, oldest first. */
export interface Conversation {
  readonly id: string;
  readonly agentId: string;
  readonly tokenId?: string;
  readonly messages: readonly Message[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Whether two messages are one: what an execution's turn leaves behind it leaves once, however often it is added. */
export function isSameMessage(message: Message, other: Message): boolean {
  if (message.role !== other.role || message.executionId !== other.executionId) return false;
  if (message.executionId !== undefined) return message.turn === other.turn && message.toolCallId === other.toolCallId;
  return message.timestamp === other.timestamp && message.content === other.content;
}

/** Who listens. */
export interface Listener {
  readonly executionId: string;
  /** The turn that is taken. */
  readonly turn: number;
  /** How many messages there were with its own, where it has not marked them: it was prepared before messages had marks. */
  readonly messageCount: number;
}

export interface HeardConversation {
  readonly messages: readonly Message[];
  /** Where the messages of the execution itself begin, instructions aside. */
  readonly ownFrom: number;
}

/**
 * What the model hears in a turn of an execution: the conversation up to the execution's own question, and from there on only
 * what is its own, whoever else talks meanwhile. Of instructions it hears the newest: those of its own agent.
 */
export function heardConversation(conversation: readonly Message[], listener: Listener): HeardConversation {
  const { executionId, turn, messageCount } = listener;
  const isOwn = (message: Message) => message.executionId === executionId;
  const marked = conversation.findIndex(isOwn);
  const begins = marked < 0 ? messageCount - 1 : marked;
  const before = conversation.slice(0, begins);
  const own =
    marked < 0
      ? conversation.slice(begins, messageCount)
      : conversation.slice(begins).filter((message) => isOwn(message) && (message.turn ?? 0) < turn);
  const instructions = [...before, ...own].findLast(({ role }) => role === 'system');
  const head = instructions === undefined || instructions.content === '' ? [] : [instructions];
  const spoken = [...head, ...before.filter(isSpoken)];
  return { messages: [...spoken, ...own.filter(isSpoken)], ownFrom: spoken.length };
}

function isSpoken({ role }: Message): boolean {
  return role !== 'system';
}
