/** A distance as a share of the longer name. */
const FARTHEST = 0.7;

/** The names most like the one that was meant, best first; fewer when the others are nothing like it. */
export function nearestNames(meant: string, offered: readonly string[], most: number): readonly string[] {
  return (
    offered
      // The letters that it has more would all have to be removed: of megabytes of them there is nothing to count.
      .filter((name) => name.length - meant.length <= name.length * FARTHEST)
      .map((name) => ({ name, distance: editDistance(meant.toLowerCase(), name.toLowerCase()) }))
      .filter(({ name, distance }) => distance <= Math.max(meant.length, name.length) * FARTHEST)
      .sort((left, right) => left.distance - right.distance || left.name.localeCompare(right.name))
      .slice(0, most)
      .map(({ name }) => name)
  );
}

/** Letters to insert, remove or replace to get from one to the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
