const SAY_EVERY_MS = 10_000;

/** Tells whoever waits how far it is, now and then, on stderr: what a program reads is on stdout. The words are asked for as they are needed. */
export function sayNowAndThen(wordsOf: (count: number) => string): (count: number) => void {
  let saidAt = performance.now();
  return (count) => {
    if (performance.now() - saidAt < SAY_EVERY_MS) return;
    saidAt = performance.now();
    process.stderr.write(`${wordsOf(count)}\n`);
  };
}
