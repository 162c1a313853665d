/** Of ids that are looked at before those that differ are looked at again. */
const BATCH = 500;
/** So many are asked for in Temporal at a time. */
const AT_ONCE = 10;

/** Groups ids as they come. */
export async function* inBatches(ids: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for await (const id of ids) {
    batch.push(id);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Those that have not come before: they are noted in `seen` as they pass. */
export async function* unseen(ids: AsyncIterable<string>, seen: Set<string>): AsyncGenerator<string> {
  for await (const id of ids) {
    if (seen.has(id)) continue;
    seen.add(id);
    yield id;
  }
}

/** Does something for each id, a few at a time. Rejects with the first failure, when all of those few are through. */
export async function someAtOnce(ids: readonly string[], run: (id: string) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const settled = await Promise.allSettled(ids.slice(from, from + AT_ONCE).map(run));
    for (const one of settled) if (one.status === 'rejected') throw one.reason;
  }
}
