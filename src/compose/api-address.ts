import type { Config } from '../config.js';

/** Where the API of a configuration is, as its own machine calls it. */
export function apiAddress({ host, port, tls }: Pick<Config, 'host' | 'port' | 'tls'>): string {
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
