import { randomBytes } from 'node:crypto';

import type {
  AttemptStartedBody,
  StreamEvent,
  StreamEventBody,
  TerminalEventBody,
} from '../../core/streams/stream-event.js';

export type StoredEventBody = StreamEventBody | AttemptStartedBody | TerminalEventBody;

/** What the events of one entry have in common; they are stored without it. */
export interface EntryPlace {
  readonly executionId: string;
  readonly first: number;
  readonly turn: number;
  readonly attempt: number;
  readonly timestamp: string;
}

/** The events of an entry, each with the place where it stands. */
export function placeEvents(
  { executionId, first, turn, attempt, timestamp }: EntryPlace,
  bodies: readonly StoredEventBody[],
): readonly StreamEvent[] {
  return bodies.map((body, index) => ({ executionId, sequence: first + index, turn, attempt, ...body, timestamp }));
}

/** What no other opening of any log has: 96 random bits. */
export function newOpening(): string {
  return randomBytes(12).toString('base64url');
}

/** What every call throws once its log has been shut down. */
export const SHUT_DOWN = 'The stream log has been shut down.';
