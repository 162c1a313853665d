import type { TemporalHome } from '../core/temporal-home.js';

/** Remembers which Temporal namespace a storage belongs to. */
export interface TemporalHomeStore {
  get(): Promise<TemporalHome | undefined>;
  /** Keeps the first one that is ever claimed, and gives the one that is kept. */
  claim(home: TemporalHome): Promise<TemporalHome>;
  /** Takes another one in its place. */
  adopt(home: TemporalHome): Promise<void>;
}
