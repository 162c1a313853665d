import type { IncomingHttpHeaders } from 'node:http';

import type { Caller } from '../../core/access/caller.js';
import { refusal } from '../../core/access/right.js';
import { ACTIONS } from '../../core/audit/audit-entry.js';
import { pathSubject } from '../../core/audit/audit-subject.js';
import { agentStreamPath } from '../connections/stream-path.js';
import { auditedAdmission, type Guards } from './audited-admission.js';
import type { CallOrigin } from './call-origin.js';
import { shownBy } from './credentials.js';
import type { Door } from './doors.js';
import { howRefused } from './how-refused.js';

interface Knock {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** Whether its address may have a ticket. */
  readonly takesTicket: boolean;
  readonly from: CallOrigin;
}

/**
 * Who knocks, at any address and by any protocol. Throws UNAUTHENTICATED where what they show opens nothing, RATE_LIMITED where they
 * knock too often, FORBIDDEN where this door is not theirs; each is told to the audit.
 */
export async function admitToDoor(
  guards: Guards,
  door: Exclude<Door, 'open' | 'ide'>,
  { method = 'GET', headers, url, takesTicket, from }: Knock,
): Promise<Caller> {
  const caller = await auditedAdmission(guards, shownBy(headers, takesTicket ? url : undefined), from);
  if (door === 'judged') return caller;
  const refused = refusal(caller, door, { what: `${method} ${url.pathname}`, executionId: agentStreamPath(url) });
  if (refused === undefined) return caller;
  const { name: actor, role } = caller;
  const subject = pathSubject(url.pathname);
  const what = { actor, role, action: ACTIONS.enter, ...(subject === undefined ? {} : { subject }) };
  guards.audit.tellJoined({ time: new Date().toISOString(), ...what, ...howRefused(refused), ...from });
  throw refused;
}
