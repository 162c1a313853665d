/** The value below which a share (0 to 1) of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function printRow(name: string, figures: string): void {
  console.log(`  ${name.padEnd(46)} ${figures}`);
}

export function milliseconds(samples: readonly number[]): string {
  return `median ${median(samples).toFixed(1)} ms   p95 ${quantile(samples, 0.95).toFixed(1)} ms   (${samples.length} samples)`;
}

/** Runs a task so many times, a few at once, and gives the seconds that all of it took. */
export async function timed(total: number, atOnce: number, task: (index: number) => Promise<void>): Promise<number> {
  let next = 0;
  const startedAt = performance.now();
  const lane = async () => {
    while (next < total) {
      next += 1;
      await task(next);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return (performance.now() - startedAt) / 1000;
}
