import { readdirSync, readFileSync } from 'node:fs';

import type { Guide, ServerFacts } from '../api/front-page/server-facts.js';
import type { Config } from '../config.js';
import { parsedUrl } from '../core/parsed-url.js';
import { shownAddress } from '../core/secrets.js';
import { addressesOf } from '../providers/keys/read-credentials.js';
import type { TemporalCluster } from '../temporal/open-temporal.js';
import { readManifest } from './manifest.js';
import { REAL_MODELS } from './real-models.js';

const GUIDES = new URL('../../docs/guides/', import.meta.url);

/** What the front page says of this process. */
export async function serverFacts(config: Config, cluster: TemporalCluster): Promise<ServerFacts> {
  const { storageUrl, agentStorageUrl, streamUrl } = config;
  const agents =
    agentStorageUrl === undefined ? '' : `; agents, conversations and executions: ${shownBackend(agentStorageUrl)}`;
  const { address, namespace, uiUrl } = cluster;
  return {
    version: (await readManifest()).version,
    storage: `${shownBackend(storageUrl)}${agents}`,
    streams: streamUrl === storageUrl ? 'where everything else is stored' : shownBackend(streamUrl),
    temporal: { address, namespace, ...(uiUrl === undefined ? {} : { uiUrl }) },
    models: shownModels(config),
    guides: readGuides(),
    servesIde: config.access.servesIde,
  };
}

/** The accounts of the environment, with their addresses where these are not the usual ones; without any, the mock. */
export function shownModels({ providers }: Pick<Config, 'providers'>): string {
  const accounts = Object.entries(providers.accounts).flatMap(([name, account]) => {
    if (Object.keys(account).length === 0) return [];
    const addresses = addressesOf(account).map(shownAddress);
    return [addresses.length === 0 ? name : `${name} at ${addresses.join(', ')}`];
  });
  return accounts.join(', ') || `the mock only; for real ones ${REAL_MODELS}`;
}

/** Kind and place, without user and password. */
function shownBackend(url: string): string {
  const scheme = url.slice(0, url.indexOf(':'));
  switch (scheme) {
    case 'pglite':
      return `PGlite in ${url.slice('pglite:'.length)}`;
    case 'memory':
      return 'memory, which is gone when the process ends';
    case 'postgres':
    case 'postgresql':
      return `PostgreSQL at ${hostOf(url)}`;
    case 'redis':
    case 'rediss':
      return `Redis at ${hostOf(url)}`;
    case 'nats':
    case 'tls':
      return `NATS at ${hostOf(url)}`;
    default:
      return scheme;
  }
}

function hostOf(url: string): string {
  return parsedUrl(url)?.host ?? 'its address';
}

/** An installation may have been made without them. */
function readGuides(): readonly Guide[] {
  try {
    const files = readdirSync(GUIDES).filter((file) => file.endsWith('.md'));
    return files.sort().map((file) => guideOf(file, readFileSync(new URL(file, GUIDES), 'utf8')));
  } catch {
    return [];
  }
}

function guideOf(file: string, text: string): Guide {
  const name = file.slice(0, -'.md'.length);
  return { name, title: /^# (.+)$/m.exec(text)?.[1] ?? name, text };
}
