import { ERROR_STATUS, type ErrorCode } from '../../core/codes.js';
import type { AuditEntry } from '../../core/audit/audit-entry.js';
import { CircuitBreakerError } from '../../core/errors.js';

/** How it came out, for the audit: what was refused changed nothing; of what failed nobody can say. */
export function howRefused(error: unknown): Pick<AuditEntry, 'outcome' | 'code'> {
  const code: ErrorCode = error instanceof CircuitBreakerError ? error.code : 'INTERNAL';
  return { outcome: ERROR_STATUS[code] < 500 ? 'refused' : 'failed', code };
}
