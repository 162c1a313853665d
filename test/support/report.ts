/** A figure that somebody may want to quote: not a check. */
export function report(line: string): void {
  console.log(line);
}
