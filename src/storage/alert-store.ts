import type { AlertMessage } from '../core/alerts/alert-message.js';
import type { Alert } from '../core/alerts/alert.js';
import type { Tally } from '../core/alerts/tally.js';
import type { Page, PageRequest } from './page.js';
import type { WorkflowLimit } from './workflow-limit.js';

/** What one process counted, by a number of its own, so that to tell it again adds nothing. */
export interface ToldTally {
  readonly processId: string;
  readonly number: number;
  readonly tally: Tally;
}

export interface AlertFilter extends WorkflowLimit {
  readonly isOpen?: boolean;
}

/** A message whose turn it is. */
export interface DueMessage extends AlertMessage {
  /** From 1: how often somebody began to send it, this time included. */
  readonly attempt: number;
  /** Since the alert changed. */
  readonly ageMs: number;
}

/** What alerts are about, which there are, and who has still to hear of them: of all processes on one storage, by its clock. */
export interface AlertStore {
  /** Adds what a process counted. Safe to repeat. */
  tell(told: ToldTally): Promise<void>;
  /** What was told within so long, the oldest first. */
  toldWithin(ms: number): Promise<readonly Tally[]>;

  /** Notes that something happens now. With `everyMs`, unless it happened within that time: then false. Of many who ask at once one gets true. */
  mark(name: string, everyMs?: number): Promise<boolean>;
  /** How long ago it happened, in milliseconds; undefined: never. */
  ageOfMark(name: string): Promise<number | undefined>;
  unmark(name: string): Promise<void>;

  /** Keeps an alert, with the message about it, unless one of its name and subject is open: then false, and nothing is kept. */
  fire(alert: Alert, message?: AlertMessage): Promise<boolean>;
  /** Notes that an open alert is over, with the message about it; false where it is over already. */
  end(alert: Alert, message?: AlertMessage): Promise<boolean>;
  /** Open ones, and with `endedSince` (RFC 3339) those that have ended since; no order. */
  listNow(limit?: WorkflowLimit & { readonly endedSince?: string }): Promise<readonly Alert[]>;
  /** The newest first. */
  list(filter: AlertFilter, page: PageRequest): Promise<Page<Alert>>;

  /**
   * Takes the message that has waited longest of those that are due, for so long: nobody else gets it meanwhile, and afterwards it is due again. What
   * is told of one alert comes in order.
   */
  takeMessage(forMs: number): Promise<DueMessage | undefined>;
  /** Has a message be due again after so long. */
  postponeMessage(id: string, ms: number): Promise<void>;
  /** Nobody has to hear of it any more. Says whether it was still there. */
  dropMessage(id: string): Promise<boolean>;
  /** Says how many there were. */
  dropAllMessages(): Promise<number>;

  /** Removes alerts that ended before a time (RFC 3339), and what was counted longer ago than so long. */
  forget(before: { readonly endedBefore: string; readonly toldAgoMs: number }): Promise<void>;
}
