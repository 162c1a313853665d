import type { StreamEvent, StreamEventBody } from '../../../src/core/streams/stream-event.js';
import type { StreamEnding, StreamLog, StreamPage, WriterClaim } from '../../../src/streams/stream-log.js';

/** What the contract needs of a backend that is under test. */
export interface StreamBackend {
  /** A log of its own, as another process would have it. */
  openLog(): StreamLog;
  /** Makes the backend forget every entry that begins at this sequence or later. */
  forget(executionId: string, from: number): Promise<void>;
  close(): Promise<void>;
}

/** Gives the backend of the running test file. */
export type UnderTest = () => StreamBackend;

let count = 0;

/** An execution that no other test uses. */
export function anExecution(): string {
  count += 1;
  return `doc-1:review:${count}`;
}

export function aClaim(fields: Partial<WriterClaim> = {}): WriterClaim {
  return { epoch: 1000, turn: 1, reason: 'first', ...fields };
}

export function chunk(content: string): StreamEventBody {
  return { eventType: 'content_chunk', content };
}

export function anEnding(fields: Partial<StreamEnding> = {}): StreamEnding {
  return {
    turn: 1,
    attempt: 1,
    body: { eventType: 'failed', error: 'It failed.', errorCode: 'server', status: 'failed' },
    ...fields,
  };
}

export async function readPage(log: StreamLog, executionId: string, from = 0, limit = 100_000): Promise<StreamPage> {
  const [page] = await log.read([{ executionId, from, limit }]);
  if (page === undefined) throw new Error('a range was not answered');
  return page;
}

export async function readEvents(log: StreamLog, executionId: string): Promise<readonly StreamEvent[]> {
  const { entries } = await readPage(log, executionId);
  return entries.flatMap(({ events }) => events);
}

/** What a viewer that follows the rules holds of turn 1: an attempt that starts voids all text before it. */
export function viewedText(events: readonly StreamEvent[]): string {
  return events.reduce((text, event) => {
    if (event.eventType === 'attempt_started') return '';
    return event.eventType === 'content_chunk' ? text + event.content : text;
  }, '');
}

/** What the events are, in one line each. */
export function outline(events: readonly StreamEvent[]): readonly string[] {
  return events.map((event) => {
    const place = `${event.sequence} ${event.turn}/${event.attempt} ${event.eventType}`;
    return event.eventType === 'content_chunk' ? `${place} ${event.content}` : place;
  });
}
