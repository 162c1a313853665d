/** A base URL as a person may read it: without the user, password and query that it may hold. */
export function shownAddress(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}
