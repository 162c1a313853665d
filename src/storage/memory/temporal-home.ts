import type { TemporalHome } from '../../core/temporal-home.js';
import type { TemporalHomeStore } from '../temporal-home-store.js';

export class MemoryTemporalHomeStore implements TemporalHomeStore {
  #home: TemporalHome | undefined;

  get(): Promise<TemporalHome | undefined> {
    return Promise.resolve(this.#home);
  }

  claim(home: TemporalHome): Promise<TemporalHome> {
    this.#home ??= home;
    return Promise.resolve(this.#home);
  }

  adopt(home: TemporalHome): Promise<void> {
    this.#home = home;
    return Promise.resolve();
  }
}
