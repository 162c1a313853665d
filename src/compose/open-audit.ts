import { AuditChain } from '../audit/audit-chain.js';
import type { AuditLog } from '../audit/audit-log.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { expireAudit } from '../audit/expire-audit.js';
import { secretMask, withoutKeys } from '../core/secrets.js';
import type { Storage } from '../storage/storage.js';
import type { ProcessParts } from './run-process.js';

/** What an API process does for the audit. */
export interface OpenAudit {
  readonly log: AuditLog;
  /** Removes what is older than the configuration says; nothing where it says nothing. */
  readonly expire: () => Promise<void>;
}

/** Takes what callers do, and chains what is told, by this process and by workers, until the process ends. */
export function openAudit(
  { config, logger, resources, telemetry }: ProcessParts,
  { audit: store }: Storage,
): OpenAudit {
  const chain = new AuditChain({ store, logger });
  resources.add('the audit', () => chain.end());
  const hidden = secretMask(config.secrets);
  const log = new AuditTrail({ store, logger, chain, mask: (text) => withoutKeys(hidden(text)) });
  telemetry.metrics.observe('circuit_breaker_audit_waiting', () => [[log.waiting, {}]]);
  resources.add('what is told to the audit', () => log.end());
  const { auditRetentionDays: days, access } = config;
  const now = () => new Date().toISOString();
  const expire = async () => {
    if (days === undefined) return;
    await expireAudit({ store, retentionMs: days * 86_400_000, secrets: access.streamSecrets, now });
  };
  return { log, expire };
}
