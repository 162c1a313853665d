import { createHash } from 'node:crypto';

import { linkText, type AuditHead, type AuditLink } from '../core/audit/audit-link.js';
import type { AuditEntry } from '../core/audit/audit-entry.js';

/** The entry as it stands behind another one. */
export function nextLink(before: AuditHead, entry: AuditEntry): AuditLink {
  const hash = createHash('sha256').update(linkText(before, entry)).digest('hex');
  return { sequence: before.sequence + 1, hash, entry };
}
