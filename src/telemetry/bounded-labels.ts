/** So many combinations of what users name are told apart, for all metrics with the same such labels; all others are one. */
export const MOST_VALUES = 200;
/** Of one metric: as many as those have with all statuses and codes. Beyond it the SDK would tell them without any label. */
export const MOST_SERIES = 10_000;
const OTHER = 'other';
const LONGEST_VALUE = 200;

type Labels = Readonly<Record<string, string | undefined>>;

/** Keeps labels from becoming more and more: who comes first is told by name, until there are enough. */
export class BoundedLabels {
  readonly #known = new Map<string, Set<string>>();

  /** The same labels, with `other` in place of `open` ones where that combination is one too many. */
  bounded(labels: Labels, open: readonly string[]): Labels {
    const told = open.filter((name) => labels[name] !== undefined);
    if (told.length === 0) return labels;
    const values = told.map((name) => labels[name]?.slice(0, LONGEST_VALUE) ?? '');
    const isKnown = this.#isKnown(open.join(), values.join('\n'));
    return { ...labels, ...Object.fromEntries(told.map((name, index) => [name, isKnown ? values[index] : OTHER])) };
  }

  #isKnown(names: string, values: string): boolean {
    const known = this.#known.get(names) ?? new Set();
    this.#known.set(names, known);
    if (known.has(values)) return true;
    if (known.size >= MOST_VALUES) return false;
    known.add(values);
    return true;
  }
}
