/** Which executions were deleted, and how the rest of what is known of one goes. */
export class MemoryDeletedExecutions {
  /** By id, when. */
  readonly #deleted = new Map<string, string>();

  /** `removeCalls`: also of answers that serve others, and of requests of batches. */
  constructor(readonly removeCalls: (executionIds: readonly string[]) => void) {}

  note(ids: readonly string[], now: string): void {
    for (const id of ids) this.#deleted.set(id, now);
  }

  has(id: string): boolean {
    return this.#deleted.has(id);
  }

  list(deletedBefore: string, limit: number): readonly string[] {
    const old = [...this.#deleted].filter(([, at]) => at < deletedBefore);
    return old.slice(0, limit).map(([id]) => id);
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#deleted.delete(id);
  }
}
