const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** The moment that a text names as RFC 3339 has it, in UTC with milliseconds; undefined where it names none. */
export function readDateTime(text: string): string | undefined {
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  const at = Date.parse(text.toUpperCase());
  if (year === undefined || Number.isNaN(at) || Number(day) > daysOf(Number(year), Number(month))) return undefined;
  return new Date(at).toISOString();
}

/** `Date` takes the 30th of February for a day in March. */
function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
