import { ACTIONS, ACTORS } from '../core/audit/audit-entry.js';
import type { AuditStore } from '../storage/audit-store.js';
import { signedAnchor } from './anchor-signature.js';

interface ExpiryParts {
  readonly store: AuditStore;
  readonly retentionMs: number;
  /** The first one signs the anchor. */
  readonly secrets: readonly string[];
  readonly now: () => string;
}

const BATCH = 5000;
/** So many batches one round removes; the next round goes on. */
const MAX_BATCHES = 20;

/**
 * Removes entries whose time is over. The last of them stays as an anchor, with its hash, from which the chain is verified from then on.
 * An entry tells of it.
 */
export async function expireAudit({ store, retentionMs, secrets, now }: ExpiryParts): Promise<void> {
  const endedBefore = new Date(Date.parse(now()) - retentionMs).toISOString();
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const [last, before] = await Promise.all([store.lastBefore(endedBefore, BATCH), store.anchor()]);
    if (last === undefined) return;
    const { sequence, hash } = last;
    const [removedAt, removed] = [now(), sequence - (before?.sequence ?? 0)];
    const anchor = signedAnchor({ sequence, hash, removedAt, removed }, secrets);
    const entry = { time: removedAt, actor: ACTORS.system, action: ACTIONS.auditExpire, outcome: 'ok' as const };
    await store.removeUpTo(anchor, { ...entry, subject: String(sequence), count: removed });
  }
}
