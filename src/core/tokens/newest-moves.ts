import type { HistoryEntry } from './token.js';

/** Moves kept on the token itself; its events hold them all. */
const HISTORY_LENGTH = 50;

/** The newest moves with one more, oldest first. */
export function withMove(history: readonly HistoryEntry[], move: HistoryEntry): readonly HistoryEntry[] {
  return [...history, move].slice(-HISTORY_LENGTH);
}
