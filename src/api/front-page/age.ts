const UNITS = [
  ['s', 60],
  ['min', 60],
  ['h', 24],
  ['d', Infinity],
] as const;

/** How long ago something was, in one unit, rounded down: `12 s`, `3 min`, `5 h`, `40 d`. Both times are RFC 3339. */
export function ageOf(time: string, now: string): string {
  let amount = Math.max(0, Math.floor((Date.parse(now) - Date.parse(time)) / 1000));
  for (const [unit, perNext] of UNITS) {
    if (amount < perNext) return `${amount} ${unit}`;
    amount = Math.floor(amount / perNext);
  }
  return '';
}
