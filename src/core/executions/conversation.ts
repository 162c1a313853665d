import type { JsonValue } from '../json/json.js';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly toolCalls?: JsonValue;
  readonly toolCallId?: string;
  readonly timestamp: string;
}

/** The messages that one or more executions of an agent exchanged with its model, oldest first. */
export interface Conversation {
  readonly id: string;
  readonly agentId: string;
  readonly tokenId?: string;
  readonly messages: readonly Message[];
  readonly createdAt: string;
  readonly updatedAt: string;
}
