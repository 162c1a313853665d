import type { HeldKeyMark, KeyMark, ProviderKeyStore } from '../provider-key-store.js';

interface KeptMark extends KeyMark {
  readonly madeMs: number;
  readonly untilMs: number;
}

export class MemoryProviderKeyStore implements ProviderKeyStore {
  readonly #marks = new Map<string, KeptMark>();

  mark(mark: KeyMark): Promise<void> {
    const madeMs = Date.now();
    this.#forgetOver(madeMs);
    const name = JSON.stringify([mark.endpoint, mark.kind, mark.model]);
    const made = { ...mark, madeMs, untilMs: madeMs + mark.forMs };
    if ((this.#marks.get(name)?.untilMs ?? 0) < made.untilMs) this.#marks.set(name, made);
    return Promise.resolve();
  }

  list(endpoints: readonly string[]): Promise<readonly HeldKeyMark[]> {
    const nowMs = Date.now();
    this.#forgetOver(nowMs);
    const found = [...this.#marks.values()].filter(({ endpoint }) => endpoints.includes(endpoint));
    return Promise.resolve(
      found.map(({ endpoint, kind, model, madeMs, untilMs }) => {
        return { endpoint, kind, model, forMs: untilMs - nowMs, sinceMs: nowMs - madeMs };
      }),
    );
  }

  clearRefusals(endpoint: string): Promise<void> {
    for (const [name, mark] of this.#marks) {
      if (mark.endpoint === endpoint && mark.kind !== 'limited') this.#marks.delete(name);
    }
    return Promise.resolve();
  }

  #forgetOver(nowMs: number): void {
    for (const [name, { untilMs }] of this.#marks) if (untilMs <= nowMs) this.#marks.delete(name);
  }
}
