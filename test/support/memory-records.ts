import type { ListRange, RecordStore, StoredRecord } from '../../src/storage/records/record-store.js';

/** Records in this process, for tests of what is built on them. Every step can be held up, or fail, by `onStep`. */
export class MemoryRecords implements RecordStore {
  readonly limits = { mayLose: 'everything' } as const;
  readonly records = new Map<string, StoredRecord>();
  readonly #lists = new Map<string, Set<string>>();
  #revision = 0;
  onStep: (step: string) => Promise<void> = () => Promise.resolve();

  async getMany(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    await this.onStep(`get ${keys.join(' ')}`);
    return keys.map((key) => this.records.get(key));
  }

  async put(key: string, text: string, revision: number): Promise<number | undefined> {
    await this.onStep(`put ${key}`);
    if ((this.records.get(key)?.revision ?? 0) !== revision) return undefined;
    this.records.set(key, { text, revision: (this.#revision += 1) });
    return this.#revision;
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.onStep(`remove ${keys.join(' ')}`);
    for (const key of keys) this.records.delete(key);
  }

  async removeAsRead(key: string, revision: number): Promise<boolean> {
    await this.onStep(`remove ${key}`);
    if (this.records.get(key)?.revision !== revision) return false;
    return this.records.delete(key);
  }

  async addToList(list: string, member: string): Promise<void> {
    await this.onStep(`add ${list}`);
    this.#lists.set(list, new Set([...this.#membersOf(list), member]));
  }

  async removeFromList(list: string, member: string): Promise<void> {
    await this.onStep(`take off ${list}`);
    this.#lists.get(list)?.delete(member);
  }

  async readList(list: string, { order, above, below, limit }: ListRange): Promise<readonly string[]> {
    await this.onStep(`read ${list}`);
    const members = [...this.#membersOf(list)]
      .filter((member) => (above === undefined || member > above) && (below === undefined || member < below))
      .sort();
    return (order === 'oldest' ? members : members.reverse()).slice(0, limit);
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #membersOf(list: string): ReadonlySet<string> {
    return this.#lists.get(list) ?? new Set();
  }
}
