/** In words, without user and password. */
export function placeOfRedis(url: string): string {
  const { hostname, port } = new URL(url);
  return `Redis at ${hostname}:${port === '' ? '6379' : port}`;
}
