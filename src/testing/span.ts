import { DURATION_RULE, secondsOf } from '../core/definitions/duration.js';

/** How long: seconds, or a text such as `90s`, `5m`, `1h30m` or `2d`. */
export type Span = number | string;

/** In seconds; throws for what is none. */
export function readSpan(span: Span): number {
  const seconds = typeof span === 'number' ? span : secondsOf(span);
  if (seconds !== undefined && Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new TypeError(`${JSON.stringify(span)} ${DURATION_RULE}`);
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
