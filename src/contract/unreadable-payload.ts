/** What stands in the place of something that could not be decoded: no valid message, answer or result looks like it. */
export interface UnreadablePayload {
  /** Why, for whoever sent it or asked for it. */
  readonly unreadablePayload: string;
}

export function unreadablePayload(why: string): UnreadablePayload {
  return Object.freeze({ unreadablePayload: why });
}

export function isUnreadable(message: unknown): message is UnreadablePayload {
  if (typeof message !== 'object' || message === null || !('unreadablePayload' in message)) return false;
  return typeof message.unreadablePayload === 'string' && Object.keys(message).length === 1;
}
