import type { AlertMessage } from '../../core/alerts/alert-message.js';
import type { Alert } from '../../core/alerts/alert.js';
import type { Tally } from '../../core/alerts/tally.js';
import { storable } from '../../core/json/well-formed-text.js';
import type { AlertFilter, AlertStore, DueMessage, ToldTally } from '../alert-store.js';
import type { Page, PageRequest } from '../page.js';
import { isWithin, type WorkflowLimit } from '../workflow-limit.js';
import { memoryPage } from './memory-page.js';

interface WaitingMessage extends AlertMessage {
  readonly madeMs: number;
  dueMs: number;
  attempts: number;
}

export class MemoryAlertStore implements AlertStore {
  readonly #now: () => number;
  #told: (ToldTally & { readonly atMs: number })[] = [];
  readonly #marks = new Map<string, number>();
  readonly #alerts = new Map<string, Alert>();
  /** In the order in which they were made. */
  readonly #messages = new Map<string, WaitingMessage>();

  /** `now`: in milliseconds, from anywhere. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  tell(told: ToldTally): Promise<void> {
    const isKnown = this.#told.some(({ processId, number }) => processId === told.processId && number === told.number);
    if (!isKnown) this.#told.push({ ...storable(told), atMs: this.#now() });
    return Promise.resolve();
  }

  toldWithin(ms: number): Promise<readonly Tally[]> {
    const since = this.#now() - ms;
    return Promise.resolve(this.#told.filter(({ atMs }) => atMs >= since).map(({ tally }) => tally));
  }

  mark(name: string, everyMs = 0): Promise<boolean> {
    const [now, last] = [this.#now(), this.#marks.get(name)];
    if (last !== undefined && now - last < everyMs) return Promise.resolve(false);
    this.#marks.set(name, now);
    return Promise.resolve(true);
  }

  ageOfMark(name: string): Promise<number | undefined> {
    const last = this.#marks.get(name);
    return Promise.resolve(last === undefined ? undefined : Math.max(0, this.#now() - last));
  }

  unmark(name: string): Promise<void> {
    this.#marks.delete(name);
    return Promise.resolve();
  }

  fire(alert: Alert, message?: AlertMessage): Promise<boolean> {
    const isOpen = [...this.#alerts.values()].some(
      ({ name, subject, endedAt }) => endedAt === undefined && name === alert.name && subject === alert.subject,
    );
    if (isOpen) return Promise.resolve(false);
    this.#alerts.set(alert.id, storable(alert));
    this.#add(message);
    return Promise.resolve(true);
  }

  end(alert: Alert, message?: AlertMessage): Promise<boolean> {
    const kept = this.#alerts.get(alert.id);
    if (kept === undefined || kept.endedAt !== undefined) return Promise.resolve(false);
    this.#alerts.set(alert.id, storable(alert));
    this.#add(message);
    return Promise.resolve(true);
  }

  listNow({ endedSince, ...limit }: WorkflowLimit & { readonly endedSince?: string } = {}): Promise<readonly Alert[]> {
    const isNow = ({ endedAt }: Alert) => endedAt === undefined || (endedSince !== undefined && endedAt >= endedSince);
    const alerts = [...this.#alerts.values()];
    return Promise.resolve(alerts.filter((alert) => isNow(alert) && isWithin(limit, alert.workflowId)));
  }

  async list({ isOpen, ...limit }: AlertFilter, page: PageRequest): Promise<Page<Alert>> {
    const found = [...this.#alerts.values()].filter(
      (alert) =>
        (isOpen === undefined || (alert.endedAt === undefined) === isOpen) && isWithin(limit, alert.workflowId),
    );
    const placed = found.map((alert) => ({ id: alert.id, createdAt: alert.since, alert }));
    const { items, hasNextPage } = await memoryPage(placed, page);
    return { items: items.map(({ item, cursor }) => ({ item: item.alert, cursor })), hasNextPage };
  }

  takeMessage(forMs: number): Promise<DueMessage | undefined> {
    const now = this.#now();
    const seen = new Set<string>();
    const due = [...this.#messages.values()].filter(({ alertId, dueMs }) => {
      const isFirst = !seen.has(alertId);
      seen.add(alertId);
      return isFirst && dueMs <= now;
    });
    const [next] = due.sort((one, other) => one.dueMs - other.dueMs);
    if (next === undefined) return Promise.resolve(undefined);
    next.dueMs = now + forMs;
    next.attempts += 1;
    const { id, alertId, body, attempts: attempt, madeMs } = next;
    return Promise.resolve({ id, alertId, body, attempt, ageMs: now - madeMs });
  }

  postponeMessage(id: string, ms: number): Promise<void> {
    const message = this.#messages.get(id);
    if (message !== undefined) message.dueMs = this.#now() + ms;
    return Promise.resolve();
  }

  dropMessage(id: string): Promise<boolean> {
    return Promise.resolve(this.#messages.delete(id));
  }

  dropAllMessages(): Promise<number> {
    const { size } = this.#messages;
    this.#messages.clear();
    return Promise.resolve(size);
  }

  forget({ endedBefore, toldAgoMs }: { readonly endedBefore: string; readonly toldAgoMs: number }): Promise<void> {
    for (const { id, endedAt } of [...this.#alerts.values()]) {
      if (endedAt !== undefined && endedAt < endedBefore) this.#alerts.delete(id);
    }
    const since = this.#now() - toldAgoMs;
    this.#told = this.#told.filter(({ atMs }) => atMs >= since);
    return Promise.resolve();
  }

  #add(message: AlertMessage | undefined): void {
    if (message === undefined || this.#messages.has(message.id)) return;
    const now = this.#now();
    this.#messages.set(message.id, { ...message, madeMs: now, dueMs: now, attempts: 0 });
  }
}
