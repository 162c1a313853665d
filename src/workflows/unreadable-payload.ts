/** What a workflow is given in the place of an argument that could not be decoded: no valid message looks like it. */
export interface UnreadablePayload {
  /** Why, for whoever sent it. */
  readonly unreadablePayload: string;
}

export function unreadablePayload(why: string): UnreadablePayload {
  return Object.freeze({ unreadablePayload: why });
}

export function isUnreadable(message: unknown): message is UnreadablePayload {
  if (typeof message !== 'object' || message === null || !('unreadablePayload' in message)) return false;
  return typeof message.unreadablePayload === 'string' && Object.keys(message).length === 1;
}
