import { AuditChain } from '../audit/audit-chain.js';
import { expireAudit } from '../audit/expire-audit.js';
import type { Storage } from '../storage/storage.js';
import type { ProcessParts } from './run-process.js';

/** What an API process does for the audit. */
export interface OpenAudit {
  readonly chain: AuditChain;
  /** Removes what is older than the configuration says; nothing where it says nothing. */
  readonly expire: () => Promise<void>;
}

/** Chains what is told, by this process and by workers, until the process ends. */
export function openAudit({ config, logger, resources }: ProcessParts, { audit: store }: Storage): OpenAudit {
  const chain = new AuditChain({ store, logger });
  resources.add('the audit', () => chain.end());
  const { auditRetentionDays: days, access } = config;
  const now = () => new Date().toISOString();
  const expire = async () => {
    if (days === undefined) return;
    await expireAudit({ store, retentionMs: days * 86_400_000, secrets: access.streamSecrets, now });
  };
  return { chain, expire };
}
