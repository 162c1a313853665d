import type { Message } from './conversation.js';
import { utf8Length } from '../json/utf8-length.js';

/** On the safe side for every language that was tried: English takes four, Chinese three. */
export const BYTES_PER_TOKEN = 3;
/** What surrounds each message on the wire. */
const TOKENS_PER_MESSAGE = 4;
/** About what large ones take; small ones take less. */
const TOKENS_PER_PICTURE = 1600;
/** Kept free for an answer that has no limit of its own, but no more than a quarter of the context. */
export const ANSWER_TOKENS = 4096;

export interface ConversationBounds {
  /** Of the model; absent: not known, and nothing is left out. */
  readonly contextTokens: number | undefined;
  readonly maxTokens: number | undefined;
  /** Where the messages of the execution itself begin: they are never left out. */
  readonly ownFrom: number;
}

export interface FittedConversation {
  readonly messages: readonly Message[];
  readonly leftOut: number;
}

/**
 * A conversation as far as it fits into the model's context. What the system says and what the execution itself has
 * said stay; of the rest the oldest exchanges go first, each as a whole (from one message of the user to the next), so
 * that no tool result is left without its call.
 */
export function fitConversation(messages: readonly Message[], bounds: ConversationBounds): FittedConversation {
  const { contextTokens, maxTokens, ownFrom } = bounds;
  if (contextTokens === undefined) return { messages, leftOut: 0 };
  const budget = contextTokens - (maxTokens ?? Math.min(ANSWER_TOKENS, contextTokens / 4));
  const firstSpoken = messages.findIndex(({ role }) => role !== 'system');
  const head = firstSpoken === -1 ? messages.length : firstSpoken;
  let size = messages.reduce((sum, message) => sum + tokensOf(message), 0);
  let from = head;
  while (size > budget && from < ownFrom) {
    const next = nextExchange(messages, from, ownFrom);
    size -= messages.slice(from, next).reduce((sum, message) => sum + tokensOf(message), 0);
    from = next;
  }
  return { messages: [...messages.slice(0, head), ...messages.slice(from)], leftOut: from - head };
}

function nextExchange(messages: readonly Message[], from: number, end: number): number {
  const next = messages.findIndex(({ role }, index) => index > from && role === 'user');
  return next === -1 ? end : Math.min(next, end);
}

/** What a message takes of a model's context, estimated. */
export function tokensOf({
  content,
  toolCalls,
  pictures = [],
}: Pick<Message, 'content' | 'toolCalls'> & { readonly pictures?: readonly unknown[] }): number {
  const calls = toolCalls === undefined ? '' : JSON.stringify(toolCalls);
  return TOKENS_PER_MESSAGE + TOKENS_PER_PICTURE * pictures.length + tokensOfText(content, calls);
}

export function tokensOfText(...texts: readonly string[]): number {
  return Math.ceil(texts.reduce((bytes, text) => bytes + utf8Length(text), 0) / BYTES_PER_TOKEN);
}
