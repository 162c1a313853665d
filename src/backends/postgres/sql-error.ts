import { CircuitBreakerError } from '../../core/errors.js';
import { shortened } from '../../core/json/shortened.js';
import { wellFormed } from '../../core/json/well-formed-text.js';

interface Away {
  readonly states: RegExp;
  readonly what: string;
  readonly advice: string;
}

/** Also of whatever has no SQLSTATE: no answer came. */
const UNREACHED = { what: 'cannot be reached', advice: 'Is it running, and may it be reached from here?' };
/** SQLSTATE of what another time may be taken as it is, and what is the matter with the server then. The first that fits counts. */
const AWAY: readonly Away[] = [
  { states: /^53100$/, what: 'cannot write', advice: 'Its disk is full: make room there.' },
  { states: /^58030$/, what: 'cannot use its disk', advice: 'See its log.' },
  { states: /^25006$/, what: 'takes no writes', advice: 'Is default_transaction_read_only on, or is it a standby?' },
  { states: /^(?:08|53|57P)/, ...UNREACHED },
];
/** And those that say that it would refuse the same values again: data exceptions, limits of size, checks of a table. */
const REFUSED = /^(?:22|54)|^235(?:02|14)$/;
const THERE_ALREADY = '23505';
const LONGEST_REASON = 200;

/** What a store throws for a driver's error: codes instead of SQL, which never leaves with a message. */
export function sqlError(error: unknown, place: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (isSqlState(code) && REFUSED.test(code)) {
    const reason = shortened(wellFormed(error.message), LONGEST_REASON);
    return new CircuitBreakerError(
      'STORAGE_REFUSED',
      `${place} does not take this content, and would not take it again: ${reason} (SQLSTATE ${code}).`,
    );
  }
  if (code === THERE_ALREADY) {
    return new CircuitBreakerError('VERSION_CONFLICT', `${place} has this already: somebody else stored it meanwhile.`);
  }
  const away = isSqlState(code) ? AWAY.find(({ states }) => states.test(code)) : UNREACHED;
  if (away !== undefined) {
    const reason = code === '' ? error.message : code;
    return new CircuitBreakerError('UNAVAILABLE', `${place} ${away.what} (${reason}). ${away.advice}`);
  }
  // A driver's error carries the statement and its parameters, which may be documents: neither goes into a log.
  return new Error(`${place} refused a statement: ${error.message} (SQLSTATE ${code})`);
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}
