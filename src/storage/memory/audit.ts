import type { AuditAnchor, AuditHead, AuditLink } from '../../core/audit/audit-link.js';
import { AUDIT_START } from '../../core/audit/audit-link.js';
import type { AuditEntry } from '../../core/audit/audit-entry.js';
import { storable } from '../../core/json/well-formed-text.js';
import { auditPosition } from '../audit-position.js';
import type { AuditEnd, AuditFilter, AuditStore, WaitingEntry } from '../audit-store.js';
import { decodeCursor, pageBy } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';

export class MemoryAuditStore implements AuditStore {
  #waiting: readonly WaitingEntry[] = [];
  #told = 0;
  #links: AuditLink[] = [];
  #head: AuditHead = AUDIT_START;
  #anchor: AuditAnchor | undefined;

  tell(entries: readonly AuditEntry[]): Promise<void> {
    this.tellNow(entries);
    return Promise.resolve();
  }

  /** For the other stores, which tell in the same step. */
  tellNow(entries: readonly AuditEntry[]): void {
    this.#waiting = [...this.#waiting, ...entries.map((entry) => ({ id: (this.#told += 1), entry: storable(entry) }))];
  }

  end(limit: number): Promise<AuditEnd> {
    return Promise.resolve({ head: this.#head, waiting: this.#waiting.slice(0, limit) });
  }

  append(head: AuditHead, links: readonly AuditLink[], waiting: readonly number[]): Promise<boolean> {
    const { sequence, hash } = links.at(-1) ?? head;
    if (this.#head.sequence !== head.sequence || this.#head.hash !== head.hash) return Promise.resolve(false);
    const chained = new Set(waiting);
    this.#head = { sequence, hash };
    this.#links.push(...links);
    this.#waiting = this.#waiting.filter(({ id }) => !chained.has(id));
    return Promise.resolve(true);
  }

  read(after: number, limit: number): Promise<readonly AuditLink[]> {
    return Promise.resolve(this.#links.filter(({ sequence }) => sequence > after).slice(0, limit));
  }

  list({ actor, action, subject, since, until }: AuditFilter, page: PageRequest): Promise<Page<AuditLink>> {
    const before = page.after === undefined ? Infinity : Number(decodeCursor(page.after).id);
    const found = this.#links.filter(
      ({ sequence, entry }) =>
        sequence < before &&
        (actor === undefined || entry.actor === actor) &&
        (action === undefined || entry.action === action) &&
        (subject === undefined || entry.subject === subject) &&
        (since === undefined || entry.time >= since) &&
        (until === undefined || entry.time < until),
    );
    return Promise.resolve(pageBy(found.reverse().slice(0, page.first + 1), page, auditPosition));
  }

  anchor(): Promise<AuditAnchor | undefined> {
    return Promise.resolve(this.#anchor);
  }

  lastBefore(time: string, most: number): Promise<AuditLink | undefined> {
    const kept = this.#links.findIndex(({ entry }) => entry.time >= time);
    const old = kept === -1 ? this.#links : this.#links.slice(0, kept);
    return Promise.resolve(old.slice(0, most).at(-1));
  }

  removeUpTo(anchor: AuditAnchor, told: AuditEntry): Promise<boolean> {
    if (anchor.sequence <= (this.#anchor?.sequence ?? 0)) return Promise.resolve(false);
    this.#anchor = anchor;
    this.#links = this.#links.filter(({ sequence }) => sequence > anchor.sequence);
    return this.tell([told]).then(() => true);
  }
}
