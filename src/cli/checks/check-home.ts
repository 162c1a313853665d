import type { Config } from '../../config.js';
import { connectServer } from '../../backends/postgres/open-sql.js';
import { anotherHome, type TemporalHome } from '../../core/temporal-home.js';
import { PostgresTemporalHomeStore } from '../../storage/postgres/temporal-home.js';
import { connectClient } from '../../temporal/connect.js';
import { namedCluster } from '../../temporal/open-temporal.js';
import { homeOf } from '../../temporal/refuse-another-home.js';
import { note, type Finding } from './finding.js';

const SILENT = { warn: () => undefined };

/**
 * Whether the Temporal namespace that is named is the one that the storage belongs to. Says nothing where it is, and where
 * that cannot be found out: the checks of either say why.
 */
export async function checkHome({ temporal, storageUrl }: Config): Promise<readonly Finding[]> {
  const { address } = temporal;
  if (address === undefined || !/^postgres(?:ql)?:/.test(storageUrl)) return [];
  try {
    const kept = await keptHome(storageUrl);
    if (kept === undefined) return [];
    const { client, connection } = await connectClient(namedCluster(temporal, address));
    const found = await homeOf(client).finally(() => connection.close());
    if (found === undefined || [kept.namespaceId, temporal.adoptNamespace].includes(found.namespaceId)) return [];
    return [note('Temporal', anotherHome(kept, found).message)];
  } catch {
    return [];
  }
}

async function keptHome(storageUrl: string): Promise<TemporalHome | undefined> {
  const sql = await connectServer(storageUrl, { logger: SILENT });
  try {
    return await new PostgresTemporalHomeStore(sql).get();
  } finally {
    await sql.close();
  }
}
