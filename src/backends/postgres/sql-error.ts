import { CircuitBreakerError } from '../../core/errors.js';

/** Classes of SQLSTATE that say the server is away, going away or out of resources: 08, 53, 57P. */
const AWAY = /^(08|53|57P)/;
/** Characters that a column cannot hold: U+0000 and what is not well-formed. */
const UNSTORABLE: ReadonlySet<string> = new Set(['22021', '22P05']);

/** What a store throws for a driver's error: codes instead of SQL, which never leaves with a message. */
export function sqlError(error: unknown, place: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (UNSTORABLE.has(code)) {
    return new CircuitBreakerError('VALIDATION_FAILED', 'A text has a character that cannot be stored (U+0000).');
  }
  if (!isSqlState(code) || AWAY.test(code)) {
    return new CircuitBreakerError(
      'UNAVAILABLE',
      `${place} cannot be reached (${code === '' ? error.message : code}). Is it running, and may it be reached from here?`,
    );
  }
  // A driver's error carries the statement and its parameters, which may be documents: neither goes into a log.
  return new Error(`${place} refused a statement: ${error.message} (SQLSTATE ${code})`);
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}
