import type { AuditLink } from '../core/audit/audit-link.js';
import type { ListPosition } from './page-cursor.js';

/** Where an entry stands in the list of all: by its sequence alone. */
export function auditPosition({ sequence, entry }: AuditLink): ListPosition {
  return { createdAt: entry.time, id: String(sequence) };
}
