import { AUDIT_START, type AuditAnchor, type AuditHead, type AuditLink } from '../core/audit/audit-link.js';
import type { AuditStore } from '../storage/audit-store.js';
import { isSignedBy } from './anchor-signature.js';
import { nextLink } from './next-link.js';

/** What a look through the whole chain has found. */
export interface AuditVerdict {
  /** How many entries were read. */
  readonly entries: number;
  /** Where it ends. */
  readonly end: AuditHead;
  readonly anchor: AuditAnchor | undefined;
  /** Told, and not in the chain yet. */
  readonly waiting: number;
  /** What is wrong, a sentence each: the first of very many. None: nobody has changed anything. */
  readonly problems: readonly string[];
}

interface VerifyOptions {
  /** One of them has to have signed the anchor; none: nobody can say who made it. */
  readonly secrets: readonly string[];
  /** An end that an earlier look has given: the chain has to go through it still. */
  readonly expected?: AuditHead;
}

const BATCH = 1000;
const MAX_PROBLEMS = 20;

/** Looks through the whole chain, also while it grows and while its oldest entries are removed. Changes nothing. */
export async function verifyAudit(store: AuditStore, options: VerifyOptions): Promise<AuditVerdict> {
  return await new Verification(store, options).run();
}

class Verification {
  readonly #store: AuditStore;
  readonly #options: VerifyOptions;
  readonly #problems: string[] = [];
  #before: AuditHead = AUDIT_START;
  #entries = 0;

  constructor(store: AuditStore, options: VerifyOptions) {
    this.#store = store;
    this.#options = options;
  }

  async run(): Promise<AuditVerdict> {
    let anchor = await this.#begin();
    for (;;) {
      const read = await this.#store.read(this.#before.sequence, BATCH);
      const [first] = read;
      // The oldest may have been removed since the anchor was read, or all of them.
      const moved = first?.sequence === this.#before.sequence + 1 ? anchor : await this.#store.anchor();
      if ((moved?.sequence ?? 0) > this.#before.sequence) {
        anchor = await this.#begin();
        continue;
      }
      for (const link of read) this.#take(link);
      if (read.length === BATCH) continue;
      const { head, waiting } = await this.#store.end(BATCH);
      if (head !== undefined && head.sequence > this.#before.sequence && (await this.#hasGrown())) continue;
      this.#judgeEnd(head);
      return { entries: this.#entries, end: this.#before, anchor, waiting: waiting.length, problems: this.#problems };
    }
  }

  async #begin(): Promise<AuditAnchor | undefined> {
    const anchor = await this.#store.anchor();
    const { secrets } = this.#options;
    this.#before = anchor === undefined ? AUDIT_START : { sequence: anchor.sequence, hash: anchor.hash };
    this.#expect(this.#before);
    if (anchor !== undefined && secrets.length > 0 && !isSignedBy(anchor, secrets)) {
      const how =
        anchor.signature === undefined ? 'is not signed' : 'is signed by none of the secrets in STREAM_AUTH_SECRET';
      this.#blame(
        `The anchor at entry ${anchor.sequence} ${how}: somebody else made it, or the secret was another one then. The next removal signs it.`,
      );
    }
    return anchor;
  }

  #take({ sequence, hash, entry }: AuditLink): void {
    const isNext = sequence === this.#before.sequence + 1;
    if (!isNext) this.#blame(missing(this.#before.sequence + 1, sequence - 1));
    else if (nextLink(this.#before, entry).hash !== hash) {
      this.#blame(`Entry ${sequence} does not fit its hash: it was changed.`);
    }
    this.#entries += 1;
    this.#before = { sequence, hash };
    this.#expect(this.#before);
  }

  /** Also where what it had grown by is removed already. */
  async #hasGrown(): Promise<boolean> {
    const [next, anchor] = await Promise.all([this.#store.read(this.#before.sequence, 1), this.#store.anchor()]);
    return next.length > 0 || (anchor?.sequence ?? 0) > this.#before.sequence;
  }

  #judgeEnd(head: AuditHead | undefined): void {
    const { sequence, hash } = this.#before;
    if (head === undefined) this.#blame('The end of the chain is not known any more: its row was removed.');
    else if (head.sequence > sequence) this.#blame(`${missing(sequence + 1, head.sequence)} They were the last ones.`);
    else if (head.sequence < sequence) this.#blame(`Entries behind ${head.sequence} are not of this chain.`);
    else if (head.hash !== hash) this.#blame(`The chain does not end with entry ${sequence} as it is there.`);
    const { expected } = this.#options;
    if (expected !== undefined && expected.sequence > sequence) {
      this.#blame(`The chain ends before entry ${expected.sequence}, which it had.`);
    }
  }

  #expect(place: AuditHead): void {
    const { expected } = this.#options;
    if (expected?.sequence === place.sequence && expected.hash !== place.hash) {
      this.#blame(`Entry ${place.sequence} has another hash than it had: the chain was made anew.`);
    }
  }

  #blame(problem: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }
}

function missing(from: number, to: number): string {
  return from === to ? `Entry ${from} is missing.` : `Entries ${from} to ${to} are missing.`;
}
