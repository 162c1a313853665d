import { CancellationScope, condition } from '@temporalio/workflow';

import type { AgentExecution } from '../core/executions/execution.js';
import type { Token, TokenEvent } from '../core/tokens/token.js';
import type { TokenFields } from '../core/json/path.js';
import {
  nextRecordPart,
  uncountedRecordPart,
  widestRecordPart,
  type RecordPart,
  type Unrecorded,
} from '../core/tokens/record-part.js';
import type { NumberedEvent, TokenRecord } from '../core/tokens/token-record.js';
import type { CarriedToken } from './carried-token.js';
import { quickly, throughHistory } from './perform.js';
import { storeRecord } from './store-record.js';
import { askedBy, origin } from './trace-in-headers.js';
import { knows } from './turns.js';

/** Of the last event of a change. */
export type RecordNumber = number;

interface Change {
  readonly token: Token;
  readonly events: readonly TokenEvent[];
  readonly executions: readonly AgentExecution[];
}

/** What every record of a token says of where it comes from. */
export type RecordOrigin = Pick<TokenRecord, 'request'>;

interface RecorderListeners {
  /** Told of every token that is about to be written. */
  readonly onWrite: (token: Token) => void;
  /** Told why storage refuses a record for its content: it was stored without that. */
  readonly onRefused: (reason: string) => void;
}

const NOTHING: TokenFields = { data: {}, metadata: {} };
const NOTHING_UNDER_WAY: Unrecorded = { events: [], executions: [] };

/**
 * Writes a token's changes to storage, in order, one write at a time: what changes while a write is under way goes
 * out together with the next one.
 */
export class TokenRecorder {
  readonly #origin: RecordOrigin;
  readonly #listeners: RecorderListeners;
  readonly #events: NumberedEvent[] = [];
  readonly #executions: AgentExecution[] = [];
  readonly #taken = new Set<string>();
  #newest: Token | undefined;
  /** What the newest change was asked for with. */
  #asked = origin();
  #numbered: number;
  #writtenUpTo: number;
  #writing = false;
  #underWay = NOTHING_UNDER_WAY;
  #recordsInHistory = false;
  /** How many records were activities of the history. */
  #inHistory = 0;
  /** What storage has taken last. */
  #stored: TokenFields;

  constructor(
    origin: RecordOrigin,
    /** What earlier runs of the same life have recorded. */
    carried: Pick<CarriedToken, 'recorded' | 'token'> | undefined,
    listeners: RecorderListeners,
  ) {
    this.#origin = origin;
    this.#listeners = listeners;
    this.#numbered = carried?.recorded ?? 0;
    this.#writtenUpTo = this.#numbered;
    this.#stored = carried?.token ?? NOTHING;
  }

  get recorded(): number {
    return this.#writtenUpTo;
  }

  /** The last change that was taken: not all before it may be written. */
  get newest(): RecordNumber {
    return this.#numbered;
  }

  /** Whether an execution that was recorded turned out to have an id under which something else is stored. */
  isTaken(executionId: string): boolean {
    return this.#taken.has(executionId);
  }

  get isIdle(): boolean {
    return !this.#writing && this.#newest === undefined;
  }

  /** Takes a change that will be stored soon. */
  add({ token, events, executions }: Change): RecordNumber {
    for (const event of events) this.#events.push({ ...event, number: ++this.#numbered });
    this.#executions.push(...executions);
    this.#newest = token;
    this.#asked = origin();
    // A token that is cancelled in Temporal is recorded all the same.
    if (!this.#writing) void CancellationScope.nonCancellable(() => this.#write());
    return this.#numbered;
  }

  /** Resolves when this change is stored. */
  async written(change: RecordNumber): Promise<void> {
    // However the token ends meanwhile: the write goes on, and its sender has an answer coming.
    await CancellationScope.nonCancellable(() => condition(() => this.#writtenUpTo >= change));
  }

  /**
   * From now on every record is an activity of the history, first of all one of whatever may not be stored yet, also of
   * nothing: which records were local ones, and how far they came, is not the same in a replay.
   */
  goThroughHistory(token: Token): void {
    this.#recordsInHistory = true;
    this.#events.unshift(...this.#underWay.events);
    this.#executions.unshift(...this.#underWay.executions);
    this.#newest = token;
    void CancellationScope.nonCancellable(() => this.#write());
  }

  async #write(): Promise<void> {
    const inHistory = this.#recordsInHistory;
    const store = (record: TokenRecord) =>
      askedBy(this.#asked, () =>
        inHistory ? throughHistory('recordToken', record, ++this.#inHistory) : quickly('recordToken', record),
      );
    const wasReplaced = () => inHistory !== this.#recordsInHistory;
    this.#writing = true;
    // What comes within the same workflow task goes out together.
    await Promise.resolve();
    while (this.#newest !== undefined && !wasReplaced()) {
      const token = this.#newest;
      const part = this.#takePart();
      this.#underWay = part;
      if (this.#events.length === 0) this.#newest = undefined;
      this.#listeners.onWrite(token);
      const { refusal, taken } = await storeRecord(store, { token, ...this.#origin, ...part }, this.#stored);
      // What it stored is stored once more, through the history.
      if (wasReplaced()) return;
      for (const id of taken) this.#taken.add(id);
      if (refusal === undefined) this.#stored = token;
      else this.#listeners.onRefused(refusal);
      this.#underWay = NOTHING_UNDER_WAY;
      this.#writtenUpTo = part.events.at(-1)?.number ?? this.#writtenUpTo;
    }
    if (!wasReplaced()) this.#writing = false;
  }

  /** A write must fit into a payload of Temporal, whatever has gathered. */
  #takePart(): Unrecorded {
    const unrecorded = { events: this.#events, executions: this.#executions };
    if (this.#recordsInHistory) return this.#take(widestRecordPart(unrecorded));
    const [part, uncounted] = [nextRecordPart(unrecorded), uncountedRecordPart(unrecorded)];
    const isSame = part.events === uncounted.events && part.executions === uncounted.executions;
    // Histories of tokens whose records had to be parted say so; the others replay as they were.
    const taken = isSame || !knows('records-in-parts') ? uncounted : part;
    return this.#take(taken);
  }

  #take(part: RecordPart): Unrecorded {
    return { events: this.#events.splice(0, part.events), executions: this.#executions.splice(0, part.executions) };
  }
}
