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
  readonly doorkeeper: Pick<Doorkeeper, 'admit' | 'count'>;
  readonly audit: Pick<AuditLog, 'tellJoined'>;
  readonly metrics: { callerLimited(): void };
}

/** Who shows this, counted as one who asks for something. Throws what the doorkeeper throws, and the audit is told. */
export async function auditedAdmission(guards: Guards, shown: Credentials, from: CallOrigin): Promise<Caller> {
  const { doorkeeper, audit } = guards;
  let caller: Caller;
  try {
    caller = await doorkeeper.admit(shown, from.address);
  } catch (error) {
    const actor = error instanceof WithoutRole ? error.subject : ACTORS.anonymous;
    const time = new Date().toISOString();
    audit.tellJoined({ time, actor, action: ACTIONS.authenticate, ...howRefused(error), ...from });
    throw error;
  }
  await auditedCount(guards, caller, from);
  return caller;
}

/** Counts one more that a caller asks for. Throws RATE_LIMITED where it is too many, and the audit is told. */
export async function auditedCount(
  { doorkeeper, audit, metrics }: Guards,
  caller: Caller,
  from: CallOrigin,
): Promise<void> {
  try {
    await doorkeeper.count(caller, from.address);
  } catch (error) {
    metrics.callerLimited();
    const [time, { name: actor, role }] = [new Date().toISOString(), caller];
    audit.tellJoined({ time, actor, role, action: ACTIONS.enter, ...howRefused(error), ...from });
    throw error;
  }
}
