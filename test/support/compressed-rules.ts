import { readFileSync } from 'node:fs';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /(\[|offset |for: )(\d+)([smh])\b/g;
/** A time that something is compared with: of a minute or more. Shorter ones are what our servers take. */
const THRESHOLD = /(_seconds\b[^>\n]*> )(\d+)(?=\n)/g;

/** Rules of Prometheus whose times are so many times shorter: windows, what they look back, how long they wait, and thresholds of minutes. */
export function compressedRules(file: string, times: number): string {
  return readFileSync(file, 'utf8')
    .replace(DURATION, (_, before: string, count: string, unit: string) => {
      return `${before}${Math.round((Number(count) * (UNITS_MS[unit] ?? 1)) / times)}ms`;
    })
    .replace(THRESHOLD, (_, before: string, seconds: string) => {
      return `${before}${Number(seconds) >= 60 ? Number(seconds) / times : seconds}`;
    });
}
