import { createHash } from 'node:crypto';

import { wordsOf } from '../core/errors.js';
import type { WebAccess } from '../http/web-access.js';
import type { AlertStore, DueMessage } from '../storage/alert-store.js';
import { signatureHeaders } from './webhook-signature.js';

export interface AlertWebhookParts {
  readonly alerts: AlertStore;
  readonly web: Pick<WebAccess, 'send'>;
  readonly url: string;
  readonly key: Uint8Array;
  readonly logger: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
  /** In milliseconds since 1970. */
  readonly now: () => number;
  /** How long a receiver may take; absent: 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** So much longer than a receiver may take is a message somebody's: whoever has it then has died. */
const TAKEN_FOR_MS = 10_000;
const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 300_000;
/** Whoever has not taken a message by then learns of it nowhere but from us. */
const GIVEN_UP_AFTER_MS = 86_400_000;
const GONE = 410;

/** Why a message was not taken. */
interface Refusal {
  readonly why: string;
  readonly isGone: boolean;
}

/**
 * Sends what is to be told about alerts, by whichever process comes first: each message until it was taken, for a day, with longer and longer waits. One
 * that died, or was not heard, is sent again under the same id. Where nothing is to be sent any more (410) no process does, until one starts anew.
 */
export class AlertWebhook {
  readonly #parts: AlertWebhookParts;
  /** Where it goes, for people: the rest of the address may be a secret. */
  readonly #host: string;
  /** Whether this address wants nothing more. */
  readonly #goneMark: string;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(parts: AlertWebhookParts) {
    this.#parts = parts;
    this.#host = new URL(parts.url).host;
    this.#goneMark = `gone ${createHash('sha256').update(parts.url).digest('hex')}`;
  }

  /** A process that starts asks again, whatever was said to the one before. */
  async begin(): Promise<void> {
    await this.#parts.alerts.unmark(this.#goneMark);
  }

  /** Whether it is worth keeping messages. */
  async wantsMessages(): Promise<boolean> {
    return (await this.#parts.alerts.ageOfMark(this.#goneMark)) === undefined;
  }

  /** Sends what is due until there is no more, or one is not taken. Never throws. */
  async deliver(): Promise<void> {
    this.#running ??= this.#all()
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          this.#parts.logger.warn(
            { err: error },
            'what is to be told about alerts could not be read; it is tried again',
          );
      })
      .finally(() => {
        this.#running = undefined;
      });
    await this.#running;
  }

  /** What is under way is cut off: another process, or the next one, sends it again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #all(): Promise<void> {
    const { alerts, timeoutMs = TIMEOUT_MS } = this.#parts;
    while (!this.#closing.signal.aborted && (await this.wantsMessages())) {
      const message = await alerts.takeMessage(timeoutMs + TAKEN_FOR_MS);
      if (message === undefined || !(await this.#isDone(message))) return;
    }
  }

  /** Whether the next one may be sent. */
  async #isDone(message: DueMessage): Promise<boolean> {
    const { alerts, logger } = this.#parts;
    const { id, attempt } = message;
    if (message.ageMs > GIVEN_UP_AFTER_MS) {
      await alerts.dropMessage(id);
      logger.error(
        { messageId: id, host: this.#host, attempt },
        'ALERT_WEBHOOK_URL has not taken a message for a day: it is given up',
      );
      return true;
    }
    const refusal = await this.#send(message);
    if (refusal === undefined) {
      await alerts.dropMessage(id);
      if (this.#isFailing) logger.info({ host: this.#host }, 'ALERT_WEBHOOK_URL takes messages again');
      this.#isFailing = false;
      return true;
    }
    if (this.#closing.signal.aborted) return false;
    if (refusal.isGone) await this.#end();
    else await this.#postpone(message, refusal);
    return false;
  }

  async #postpone({ id, attempt }: DueMessage, { why }: Refusal): Promise<void> {
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 10));
    await this.#parts.alerts.postponeMessage(id, waitMs);
    const facts = { messageId: id, host: this.#host, attempt, againInSeconds: waitMs / 1000 };
    const message = `ALERT_WEBHOOK_URL has not taken a message (${why}); it is sent again, for a day`;
    // One line when it begins, and one when it is over: the others would say the same.
    if (!this.#isFailing) this.#parts.logger.warn(facts, message);
    this.#isFailing = true;
  }

  async #end(): Promise<void> {
    const { alerts, logger } = this.#parts;
    await alerts.mark(this.#goneMark);
    const dropped = await alerts.dropAllMessages();
    const message =
      'ALERT_WEBHOOK_URL wants no messages any more (410): none is sent until an API process starts, or another address is set. circuit-breaker alerts shows what is wrong';
    logger.error({ host: this.#host, dropped }, message);
  }

  /** Undefined: it was taken. */
  async #send({ id, body }: DueMessage): Promise<Refusal | undefined> {
    const { web, url, key, now, timeoutMs = TIMEOUT_MS } = this.#parts;
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#closing.signal]);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'circuit-breaker',
      ...signatureHeaders({ id, atMs: now(), body }, key),
    };
    try {
      const request = { url, method: 'POST', headersFor: () => headers, body, signal, followsRedirects: false };
      const { status, refusedRedirect, read } = await web.send(request);
      // What it says is nobody's business; it is let go of.
      void read(0).catch(() => undefined);
      if (refusedRedirect !== undefined) return { why: `it sends on to somewhere else, with ${status}`, isGone: false };
      return status >= 200 && status < 300 ? undefined : { why: `it answered ${status}`, isGone: status === GONE };
    } catch (error) {
      const why = signal.aborted ? `no answer within ${timeoutMs / 1000} seconds` : wordsOf(error);
      return { why, isGone: false };
    }
  }
}
