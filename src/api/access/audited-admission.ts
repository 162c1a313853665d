import type { AuditLog } from '../../audit/audit-log.js';
import type { Caller } from '../../core/access/caller.js';
import { ACTIONS, ACTORS } from '../../core/audit/audit-entry.js';
import type { CallOrigin } from './call-origin.js';
import type { Credentials } from './credentials.js';
import type { Doorkeeper } from './doorkeeper.js';
import { howRefused } from './how-refused.js';
import { WithoutRole } from './without-role.js';

/** Who lets callers in, and who is told of those that were not. */
export interface Guards {
  readonly doorkeeper: Pick<Doorkeeper, 'admit'>;
  readonly audit: Pick<AuditLog, 'tellJoined'>;
}

/** Who shows this. Throws what the doorkeeper throws, and the audit is told. */
export async function auditedAdmission(
  { doorkeeper, audit }: Guards,
  shown: Credentials,
  from: CallOrigin,
): Promise<Caller> {
  try {
    return await doorkeeper.admit(shown);
  } catch (error) {
    const actor = error instanceof WithoutRole ? error.subject : ACTORS.anonymous;
    const time = new Date().toISOString();
    audit.tellJoined({ time, actor, action: ACTIONS.authenticate, ...howRefused(error), ...from });
    throw error;
  }
}
