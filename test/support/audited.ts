import { AuditChain } from '../../src/audit/audit-chain.js';
import type { AuditEntry } from '../../src/core/audit/audit-entry.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { NOW } from './builders.js';
import { MemoryLogger } from './memory-logger.js';

/** One process's side of an audit: its connection, and what chains. */
export interface AuditingProcess {
  readonly storage: Storage;
  readonly chain: AuditChain;
  readonly close: () => Promise<void>;
}

export async function auditingProcess(url: string): Promise<AuditingProcess> {
  const { storage } = await openStorage(url, { logger: new MemoryLogger() });
  const chain = new AuditChain({ store: storage.audit, logger: new MemoryLogger() });
  const close = async () => {
    await chain.end();
    await storage.close();
  };
  return { storage, chain, close };
}

export function anAuditEntry(fields: Partial<AuditEntry> = {}): AuditEntry {
  return { time: NOW, actor: 'ci', role: 'operate', action: 'createToken', subject: 's', outcome: 'ok', ...fields };
}

/** So many entries, each with its own subject, from 1. */
export function auditEntries(count: number): readonly AuditEntry[] {
  return Array.from({ length: count }, (_, index) => anAuditEntry({ subject: `token-${index + 1}` }));
}
