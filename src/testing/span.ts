import { DURATION_RULE, secondsOf } from '../core/definitions/duration.js';

/** How long: seconds, or a text such as `90s`, `5m`, `1h30m` or `2d`. */
export type Span = number | string;

/** A thousand years: what lies behind is no date any more. */
const LONGEST_DAYS = 365_000;

/** In seconds; throws for what is none, with where it was given. */
export function readSpan(span: Span, where: string): number {
  const seconds = typeof span === 'number' ? span : secondsOf(span);
  if (seconds !== undefined && seconds >= 0 && seconds <= LONGEST_DAYS * 86_400) return seconds;
  const given = typeof span === 'number' ? String(span) : JSON.stringify(span);
  throw new TypeError(`${where} is ${given}: it ${DURATION_RULE}, and at most ${LONGEST_DAYS}d.`);
}

/** A span for people, in its two largest units: `2d`, `1h30m`, `0.5s`. */
export function shownSpan(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  let rest = ms;
  const parts = units.flatMap(([unit, size]) => {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    return whole === 0 ? [] : [`${whole}${unit}`];
  });
  return [...parts, ...(rest > 0 || parts.length === 0 ? [`${rest / 1000}s`] : [])].join('');
}
