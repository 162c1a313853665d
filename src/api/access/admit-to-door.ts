import type { IncomingHttpHeaders } from 'node:http';

import type { Caller } from '../../core/access/caller.js';
import { refusal } from '../../core/access/right.js';
import { agentStreamPath } from '../connections/stream-path.js';
import { shownBy } from './credentials.js';
import type { Doorkeeper } from './doorkeeper.js';
import type { Door } from './doors.js';

interface Knock {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** Whether its address may have a ticket. */
  readonly takesTicket: boolean;
}

/**
 * Who knocks, at any address and by any protocol. Throws UNAUTHENTICATED where what they show opens nothing, FORBIDDEN where this door
 * is not theirs.
 */
export async function admitToDoor(
  doorkeeper: Doorkeeper,
  door: Exclude<Door, 'open' | 'ide'>,
  { method = 'GET', headers, url, takesTicket }: Knock,
): Promise<Caller> {
  const caller = await doorkeeper.admit(shownBy(headers, takesTicket ? url : undefined));
  if (door === 'judged') return caller;
  const refused = refusal(caller, door, { what: `${method} ${url.pathname}`, executionId: agentStreamPath(url) });
  if (refused !== undefined) throw refused;
  return caller;
}
