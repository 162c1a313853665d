import { LRUCache } from 'lru-cache';

import type { AgentsHome, NumberedEntry } from '../agents-home.js';
import { executionKey } from './execution-keys.js';
import { LISTS, untoldMember, type ExecutionRecord } from './execution-record.js';
import { readMember } from './list-member.js';
import { readRecords } from './read-record.js';
import type { RecordStore } from './record-store.js';

/** Of how many executions this process remembers what it has told. */
const REMEMBERED = 10_000;

/**
 * Tells the audit, which is at home, of executions, which are here. An entry is stored with the change that it tells of; so whoever dies
 * in between leaves it on a list, and home knows by its number whether it has it.
 */
export class ToldEntries {
  readonly #records: RecordStore;
  readonly #home: Pick<AgentsHome, 'tellOnce'>;
  /** By id, the number of the last entry that home has. */
  readonly #told = new LRUCache<string, number>({ max: REMEMBERED });

  constructor(records: RecordStore, home: Pick<AgentsHome, 'tellOnce'>) {
    this.#records = records;
    this.#home = home;
  }

  /** What a record has to carry on, because home may not have it. */
  untoldOf({ execution, told }: ExecutionRecord): readonly NumberedEntry[] {
    const last = this.#told.get(execution.id) ?? 0;
    return told.filter(({ number }) => number > last);
  }

  /** Never throws: the entries are kept, and told by the sweep. */
  async tell(record: ExecutionRecord): Promise<void> {
    await this.#tell(record).catch(() => undefined);
  }

  /** Throws where home cannot be told: for an execution that is to be deleted, whose entries go with it. */
  async tellNow(record: ExecutionRecord): Promise<void> {
    await this.#tell(record);
  }

  async tellLeftOver(limit: number): Promise<number> {
    const members = await this.#records.readList(LISTS.untold, { order: 'oldest', limit });
    const keys = members.map((member) => executionKey(readMember(member).id));
    const found = await readRecords<ExecutionRecord>(this.#records, keys);
    for (const [index, member] of members.entries()) {
      const record = found[index]?.document;
      // Whoever put it there is about to store the change, or has died before: then there is nothing to tell.
      if (record === undefined || record.entries < readMember(member).number) continue;
      await this.#tell(record);
      await this.#records.removeFromList(LISTS.untold, member);
    }
    return members.length;
  }

  async #tell(record: ExecutionRecord): Promise<void> {
    const { id } = record.execution;
    const untold = this.untoldOf(record);
    if (untold.length === 0) return;
    await this.#home.tellOnce(id, untold);
    this.#told.set(id, Math.max(record.entries, this.#told.get(id) ?? 0));
    await this.#records.removeFromList(LISTS.untold, untoldMember(record));
  }
}
