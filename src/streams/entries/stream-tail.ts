import type { WriterClaim } from '../stream-log.js';

/** The last entry of a log: all that decides who may write next. */
export interface StreamTail {
  readonly first: number;
  readonly last: number;
  readonly epoch: number;
  readonly opening: string;
  readonly turn: number;
  readonly attempt: number;
  /** It is the `attempt_started` of its opening: nothing has been appended since. */
  readonly isOpening: boolean;
  readonly isClosed: boolean;
}

/** An entry as another may follow it. `position` is the backend's own name for its place, which it gets back. */
export interface EntryEnd extends Pick<StreamTail, 'last' | 'opening'> {
  readonly position: number;
}

/** What a claim to become the writer comes to. */
export type ClaimVerdict<Tail> =
  | { readonly type: 'refused' }
  | { readonly type: 'granted' }
  /** The claim had been granted before, and its writer has written nothing yet. */
  | { readonly type: 'repeated'; readonly tail: Tail };

/**
 * Whether a claim makes its caller the writer. `lost` has the openings behind which writers of this process have lost
 * entries. Such an opening is not given out again, though it may be the tail once more: other text under the same
 * opening and sequences would pass for what viewers have seen.
 */
export function judgeClaim<Tail extends StreamTail>(
  tail: Tail | undefined,
  { epoch }: WriterClaim,
  lost: ReadonlySet<string>,
): ClaimVerdict<Tail> {
  if (tail === undefined) return { type: 'granted' };
  if (tail.isClosed || tail.epoch > epoch) return { type: 'refused' };
  const isRepeated = tail.epoch === epoch && tail.isOpening && !lost.has(tail.opening);
  return isRepeated ? { type: 'repeated', tail } : { type: 'granted' };
}

/**
 * Why a writer's entry could not follow its previous one, although it had not been stored before. Another writer's
 * opening fences it only if it stands at the same place or later: an earlier one is the tail again only because the
 * backend has lost what followed it.
 */
export function judgeRefusal(
  tail: StreamTail | undefined,
  entry: { readonly first: number; readonly epoch: number; readonly opening: string },
): 'fenced' | 'lost' {
  if (tail === undefined) return 'lost';
  if (tail.isClosed || tail.epoch > entry.epoch) return 'fenced';
  const isReplaced = tail.epoch === entry.epoch && tail.opening !== entry.opening && tail.first >= entry.first;
  return isReplaced ? 'fenced' : 'lost';
}
