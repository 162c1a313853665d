/** What processes count for alerts, each by what it is about. */
export const COUNTS = [
  /** Executions that ended, and those of them that failed or took too long, by agent. */
  'executionsEnded',
  'executionsFailed',
  /** First words of models, by `firstWordKey`. */
  'firstWords',
  /** Calls that providers refused because there were too many, by agent. */
  'providerLimits',
  'callersLimited',
  /** By backend. */
  'logFailures',
  /** By door. */
  'viewersDropped',
  /** Budgets of which most is spent, by `budgetKey`. */
  'budgets',
] as const;

/** Of these the largest counts: how long appends to the log have waited, in seconds, by backend. */
export const PEAKS = ['logWaits'] as const;

export type CountName = (typeof COUNTS)[number];
export type PeakName = (typeof PEAKS)[number];
/** What is so at one time, of all processes: incidents of active tokens, by workflow. */
type StateName = 'incidents';

/** What a process has counted since it last told the others. What is absent is nothing. */
export type Tally = Partial<Readonly<Record<CountName | PeakName | StateName, Readonly<Record<string, number>>>>>;

/** Tallies that were added up. */
export type TallySum = Readonly<Record<CountName | PeakName, ReadonlyMap<string, number>>>;

/** Adds up what processes counted: numbers are added, and of peaks the largest stays. */
export function sumOfTallies(tallies: readonly Tally[]): TallySum {
  const summed = (name: CountName | PeakName, join: (one: number, other: number) => number) => {
    const sum = new Map<string, number>();
    for (const tally of tallies) {
      for (const [subject, value] of Object.entries(tally[name] ?? {}))
        sum.set(subject, join(sum.get(subject) ?? 0, value));
    }
    return sum;
  };
  const added = COUNTS.map((name) => [name, summed(name, (one, other) => one + other)] as const);
  const largest = PEAKS.map((name) => [name, summed(name, Math.max)] as const);
  return Object.fromEntries([...added, ...largest]) as unknown as TallySum;
}

/** Each bucket ends a tenth after the one before it: as exact as anybody needs. */
const GROWTH = Math.log(1.1);

/** A first word of a model, in the bucket of the time that it took. */
export function firstWordKey({ provider, model, ms }: { provider: string; model: string; ms: number }): string {
  return `${Math.ceil(Math.log(Math.max(1, ms)) / GROWTH)} ${provider} ${model}`;
}

/** What a key of first words is of, apart from how long it took. */
export function modelOfFirstWord(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

/** A key that took as long, of another model. */
export function firstWordOf(model: string, key: string): string {
  return `${key.slice(0, key.indexOf(' '))} ${model}`;
}

/** First words by model, with the times (seconds) that so many took at most. */
export function timesOfFirstWords(
  firstWords: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly { readonly seconds: number; readonly count: number }[]> {
  const times = new Map<string, { seconds: number; count: number }[]>();
  for (const [key, count] of firstWords) {
    const end = key.indexOf(' ');
    const bucket = Number(key.slice(0, end));
    const model = modelOfFirstWord(key);
    if (end === -1 || !Number.isInteger(bucket)) continue;
    const known = times.get(model) ?? [];
    known.push({ seconds: Math.exp(bucket * GROWTH) / 1000, count });
    times.set(model, known);
  }
  return times;
}

/** A budget of a day, YYYY-MM-DD. */
export function budgetKey({ scope, day }: { scope: string; day: string }): string {
  return `${day} ${scope}`;
}
