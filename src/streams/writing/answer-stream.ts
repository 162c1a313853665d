import type { ThinkingStatus } from '../../core/streams/stream-event.js';
import type { StreamFenced, WriterClaim } from '../stream-log.js';

/** One attempt's way into the stream of its execution. */
export interface AnswerStream {
  /** As the log counts it; 1 as long as the log could not be reached. */
  readonly attempt: number;
  /** All text so far, well-formed, and exactly what the stream gets, whether or not its backend has taken it yet. */
  readonly text: string;
  /** How many deltas had text. */
  readonly chunks: number;
  /** Takes the next piece of the answer, cut anywhere. Never waits, never throws. */
  write(delta: string): void;
  /** Tells viewers what goes on, in order with the text. Dropped when the backend falls far behind. */
  think(status: ThinkingStatus, content?: string): void;
  /** Lets what is left go out, for a second at most; nothing is appended after it has resolved. Never throws. */
  end(): Promise<void>;
  /** Nothing more goes out, not even what is left: this attempt has nothing to say any more. */
  abandon(): void;
}

export interface AnswerStreamOptions {
  readonly claim: WriterClaim;
  /** A later writer has the stream, or it is closed: nothing more of this attempt goes out. Called at most once. */
  readonly onFenced: (error: StreamFenced) => void;
  /** The backend has stopped taking events. Called once for each time that it does. */
  readonly onDelay?: (error: unknown) => void;
  /** How long text is gathered into one append, in milliseconds; the first goes at once. */
  readonly gatherMs?: number;
}
