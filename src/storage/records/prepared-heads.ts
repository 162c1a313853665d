import { setTimeout as delay } from 'node:timers/promises';

import type { AgentsHome, BatchOutcome } from '../agents-home.js';
import { NO_HEAD, withoutPrepared, withPrepared, type AgentHead } from './agent-head.js';
import { readRecord, readRecords } from './read-record.js';
import type { RecordStore } from './record-store.js';

/** A head and the revision that it was read at, 0 where there is none. */
export interface ReadHead {
  readonly document: AgentHead;
  readonly revision: number;
}

/** Whoever prepares a change has so long to save it, once somebody waits for him: a process that died is not waited for. */
export const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Heads of agents, whose prepared changes hold or do not hold as home has decided. Whoever comes across one that was decided may use
 * it so; who wants to change the agent makes it last first, or gives it up where nobody decides.
 */
export class PreparedHeads {
  readonly #records: RecordStore;
  readonly #home: Pick<AgentsHome, 'outcomeOf' | 'giveUp'>;
  readonly #patienceMs: number;

  constructor(records: RecordStore, home: Pick<AgentsHome, 'outcomeOf' | 'giveUp'>, patienceMs: number) {
    this.#records = records;
    this.#home = home;
    this.#patienceMs = patienceMs;
  }

  /** As they are now, for a reader. */
  async seen(ids: readonly string[]): Promise<ReadonlyMap<string, AgentHead>> {
    const wanted = [...new Set(ids)];
    const found = await readRecords<AgentHead>(this.#records, wanted.map(headKeyOf));
    const batches = new Set(found.flatMap((one) => one?.document.prepared?.batch ?? []));
    const outcomes = new Map<string, BatchOutcome | undefined>();
    for (const batch of batches) outcomes.set(batch, await this.#home.outcomeOf(batch));
    const heads = new Map<string, AgentHead>();
    for (const [index, id] of wanted.entries()) {
      const head = found[index]?.document ?? NO_HEAD;
      const isSaved = head.prepared !== undefined && outcomes.get(head.prepared.batch) === 'saved';
      heads.set(id, isSaved ? withPrepared(head) : withoutPrepared(head));
    }
    return heads;
  }

  /** One with nothing prepared, to be changed: waits for who prepares, and gives up what he does not decide. */
  async decided(id: string): Promise<ReadHead> {
    const waitsUntil = performance.now() + this.#patienceMs;
    for (;;) {
      const head = await this.#read(id);
      const batch = head.document.prepared?.batch;
      if (batch === undefined) return head;
      const outcome = await this.#home.outcomeOf(batch);
      if (outcome !== undefined) await this.conclude(id, batch, outcome);
      else if (performance.now() > waitsUntil) await this.conclude(id, batch, await this.#home.giveUp(batch));
      else await delay(LOOK_EVERY_MS);
    }
  }

  /** False where somebody else has changed it meanwhile. */
  async put(id: string, head: AgentHead, revision: number): Promise<boolean> {
    return (await this.#records.put(headKeyOf(id), JSON.stringify(head), revision)) !== undefined;
  }

  /** Makes a prepared change last, or takes it back; nothing where it is done already, or nobody has decided. */
  async conclude(id: string, batch: string, decided?: BatchOutcome): Promise<void> {
    for (;;) {
      const { document, revision } = await this.#read(id);
      if (document.prepared?.batch !== batch) return;
      const outcome = decided ?? (await this.#home.outcomeOf(batch));
      if (outcome === undefined) return;
      const head = outcome === 'saved' ? withPrepared(document) : withoutPrepared(document);
      if (await this.put(id, head, revision)) {
        const { version } = document.prepared;
        if (outcome === 'given-up' && version !== undefined) await this.#records.remove([version]);
        return;
      }
    }
  }

  async #read(id: string): Promise<ReadHead> {
    return (await readRecord<AgentHead>(this.#records, headKeyOf(id))) ?? { document: NO_HEAD, revision: 0 };
  }
}

function headKeyOf(id: string): string {
  return `agent/${id}`;
}
