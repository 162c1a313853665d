const UNITS = { d: 86_400, h: 3600, m: 60, s: 1 } as const;

/** Days, hours, minutes and seconds, the larger first; the smallest may be a fraction. */
const DURATION =
  /^(?=\d)(?:(\d{1,9}(?:\.\d{1,3})?)d)?(?:(\d{1,9}(?:\.\d{1,3})?)h)?(?:(\d{1,9}(?:\.\d{1,3})?)m)?(?:(\d{1,9}(?:\.\d{1,3})?)s)?$/;

/** The same, for schemas. */
export const DURATION_PATTERN = DURATION.source;

/** What a duration looks like, for people. */
export const DURATION_RULE = 'must be a number of seconds, or a duration such as 30s, 5m, 1h30m or 2d';

/** The seconds of `1h30m`, `5m`, `0.5s` or `2d`; undefined for any other text. */
export function secondsOf(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (found === null) return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = found;
  const total = Number(days) * UNITS.d + Number(hours) * UNITS.h + Number(minutes) * UNITS.m + Number(seconds);
  // Fractions of minutes are sums of thousandths, which binary numbers only come near to.
  return Math.round(total * 1000) / 1000;
}

/** A text that `secondsOf` reads as exactly so many seconds; undefined where there is none. */
export function durationOf(seconds: number): string | undefined {
  let text = '';
  let left = seconds;
  for (const unit of ['d', 'h', 'm'] as const) {
    const count = Math.floor(left / UNITS[unit]);
    if (count > 0) text += `${count}${unit}`;
    left -= count * UNITS[unit];
  }
  if (left > 0 || text === '') text += `${Math.round(left * 1000) / 1000}s`;
  return secondsOf(text) === seconds ? text : undefined;
}
