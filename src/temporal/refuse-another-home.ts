import type { Client } from '@temporalio/client';

import { anotherHome, type TemporalHome } from '../core/temporal-home.js';

/** Gives the home that the storage keeps: the one that is claimed, where it has none yet. */
export type ClaimHome = (home: TemporalHome) => Promise<TemporalHome>;

/** The namespace that a client works in; undefined where the server gives namespaces no ids. */
export async function homeOf({ workflowService, options }: Client): Promise<TemporalHome | undefined> {
  const { namespace } = options;
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace });
  const namespaceId = namespaceInfo?.id ?? '';
  return namespaceId === '' ? undefined : { namespaceId, namespace, since: new Date().toISOString() };
}

/** Throws UNAVAILABLE where a client works in another namespace than the storage belongs to. */
export async function refuseAnotherHome(client: Client, claim: ClaimHome): Promise<void> {
  const found = await homeOf(client);
  if (found === undefined) return;
  const kept = await claim(found);
  if (kept.namespaceId !== found.namespaceId) throw anotherHome(kept, found);
}
