import { condition } from '@temporalio/workflow';

import type { AgentExecution } from '../core/execution.js';
import type { Token, TokenEvent } from '../core/token.js';
import type { TokenRecord } from '../core/token-record.js';
import { quickly } from './perform.js';

interface Change {
  readonly token: Token;
  readonly events: readonly TokenEvent[];
  readonly executions: readonly AgentExecution[];
}

/**
 * Writes a token's changes to storage, in order, one write at a time: what changes while a write is under way goes
 * out together with the next one.
 */
export class TokenRecorder {
  private waiting: TokenRecord | undefined;
  private numbered: number;
  private written: number;
  private writing = false;

  /** `recorded`: events that earlier runs of the same chain have recorded. */
  constructor(
    private readonly chainId: string,
    recorded = 0,
  ) {
    this.numbered = recorded;
    this.written = recorded;
  }

  get recorded(): number {
    return this.written;
  }

  get isIdle(): boolean {
    return !this.writing && this.waiting === undefined;
  }

  /** Resolves when this change is stored. */
  async record(change: Change): Promise<void> {
    const events = change.events.map((event, index) => ({ ...event, number: this.numbered + index + 1 }));
    this.numbered += events.length;
    const last = this.numbered;
    this.waiting = {
      token: change.token,
      chainId: this.chainId,
      events: [...(this.waiting?.events ?? []), ...events],
      executions: [...(this.waiting?.executions ?? []), ...change.executions],
    };
    if (!this.writing) void this.write();
    await condition(() => this.written >= last);
  }

  private async write(): Promise<void> {
    this.writing = true;
    while (this.waiting !== undefined) {
      const record = this.waiting;
      this.waiting = undefined;
      await quickly('recordToken', record);
      this.written = record.events.at(-1)?.number ?? this.written;
    }
    this.writing = false;
  }
}
