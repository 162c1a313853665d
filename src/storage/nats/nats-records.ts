import type { StoredMsg } from '@nats-io/jetstream';

import type { NatsServerLink } from '../../backends/nats/nats-server-link.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { AgentStorageLimits } from '../agent-storage.js';
import type { ListRange, RecordStore, StoredRecord } from '../records/record-store.js';
import { bucketKey } from './bucket-key.js';
import { Lanes } from './lanes.js';
import type { PageRecords } from './list-page.js';
import { PagedLists } from './paged-lists.js';
import { decodeValue, encodeValue } from './record-value.js';

/** Records, each of up to a megabyte, that are asked for together, by all who ask. */
const AT_ONCE = 100;

export interface NatsRecordsFacts {
  readonly bucket: string;
  readonly place: string;
  readonly limits: AgentStorageLimits & { readonly longestRecord: number };
  /** Whether other servers have copies, which may be late: then the one that leads is asked. */
  readonly hasReplicas: boolean;
}

/**
 * Records in a key-value bucket of JetStream: a key each. The server takes a message only behind the one that its publisher knows to
 * be the key's last: its sequence is the revision. Lists are records as well, of some members each.
 */
export class NatsRecords implements RecordStore, PageRecords {
  readonly #link: NatsServerLink;
  readonly #facts: NatsRecordsFacts;
  readonly #lists: PagedLists;
  readonly #lanes = new Lanes(AT_ONCE);

  constructor(link: NatsServerLink, facts: NatsRecordsFacts) {
    this.#link = link;
    this.#facts = facts;
    this.#lists = new PagedLists(this);
  }

  get limits(): AgentStorageLimits {
    return this.#facts.limits;
  }

  async getMany(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    return await Promise.all(keys.map((key) => this.#lanes.run(() => this.#link.ask(() => this.#get(key)))));
  }

  async put(key: string, text: string, revision: number): Promise<number | undefined> {
    const data = encodeValue(text);
    const { place, limits } = this.#facts;
    if (data.length > limits.longestRecord) {
      const message =
        `${place} takes ${limits.longestRecord} bytes at a time, and this has ${data.length}: it would not take it again. ` +
        'Set max_payload higher in its configuration and start again, or keep agents elsewhere (AGENT_STORAGE_URL).';
      throw new CircuitBreakerError('STORAGE_REFUSED', message);
    }
    return await this.#link.publishAfter(revision, this.#subject(key), data);
  }

  async remove(keys: readonly string[]): Promise<void> {
    const { streams } = this.#link.manager;
    await this.#link.ask(() =>
      Promise.all(keys.map((key) => streams.purge(this.#stream, { filter: this.#subject(key) }))),
    );
  }

  async removeAsRead(key: string, revision: number): Promise<boolean> {
    const { streams } = this.#link.manager;
    // What is up to there: a later one has taken its place already.
    const upTo = { filter: this.#subject(key), seq: revision + 1 };
    return (await this.#link.ask(() => streams.purge(this.#stream, upTo))).purged > 0;
  }

  addToList(list: string, member: string): Promise<void> {
    return this.#lists.add(list, member);
  }

  removeFromList(list: string, member: string): Promise<void> {
    return this.#lists.remove(list, member);
  }

  readList(list: string, range: ListRange): Promise<readonly string[]> {
    return this.#lists.read(list, range);
  }

  async ping(): Promise<void> {
    await this.#link.ask(() => this.#link.manager.streams.info(this.#stream));
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #get(key: string): Promise<StoredRecord | undefined> {
    const { direct, streams } = this.#link.manager;
    const query = { last_by_subj: this.#subject(key) };
    const found: StoredMsg | null = this.#facts.hasReplicas
      ? await streams.getMessage(this.#stream, query)
      : await direct.getMessage(this.#stream, query);
    return found === null ? undefined : { text: decodeValue(found.data), revision: found.seq };
  }

  get #stream(): string {
    return `KV_${this.#facts.bucket}`;
  }

  #subject(key: string): string {
    return `$KV.${this.#facts.bucket}.${bucketKey(key)}`;
  }
}
