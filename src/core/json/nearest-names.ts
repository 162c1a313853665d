/** A distance as a share of the longer name, where any name that is a little like it helps. */
const FARTHEST = 0.7;

interface Nearness {
  readonly most: number;
  /** The largest distance, as a share of the longer name. */
  readonly farthest?: number;
}

/** The names most like the one that was meant, best first; fewer when the others are nothing like it. */
export function nearestNames(
  meant: string,
  offered: readonly string[],
  { most, farthest = FARTHEST }: Nearness,
): readonly string[] {
  return (
    offered
      // The letters that it has more would all have to be removed: of megabytes of them there is nothing to count.
      .filter((name) => name.length - meant.length <= name.length * farthest)
      .map((name) => ({ name, distance: editDistance(meant.toLowerCase(), name.toLowerCase()) }))
      .filter(({ name, distance }) => distance <= Math.max(meant.length, name.length) * farthest)
      .sort((left, right) => left.distance - right.distance || left.name.localeCompare(right.name))
      .slice(0, most)
      .map(({ name }) => name)
  );
}

/** Letters to insert, remove or replace, and neighbours to swap, to get from one to the other. */
function editDistance(from: string, to: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const replaced = (row[j - 1] ?? 0) + (isSame ? 0 : 1);
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
