import { idSubject } from '../../core/audit/audit-subject.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { AuditEntry } from '../../core/audit/audit-entry.js';
import { howRefused } from '../access/how-refused.js';
import type { ResolverContext } from './context.js';

/** With these nobody has found what it is about. */
const UNSEEN: ReadonlySet<string> = new Set(['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED']);

type Arguments = Readonly<Record<string, unknown>>;

interface Told {
  readonly action: string;
  readonly args: Arguments;
  readonly context: Pick<ResolverContext, 'audit' | 'caller' | 'origin'>;
}

/**
 * Runs a mutation and tells the audit how it came out, before it is answered. Where the audit cannot be stored the answer is the
 * mutation's own: it was made, and its caller has to hear so. Throws UNAVAILABLE, and does nothing, where too much waits to be
 * stored.
 */
export async function toldMutation(told: Told, run: () => unknown): Promise<unknown> {
  const { audit } = told.context;
  if (audit.isFull) throw unaudited();
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    await audit.tell(entryOf(told, howRefused(error)));
    throw error;
  }
  await audit.tell(entryOf(told, { outcome: 'ok' }, result));
  return result;
}

/** Tells the audit that somebody asked for what they may not. */
export function tellRefused(told: Told, refused: CircuitBreakerError): void {
  told.context.audit.tellJoined(entryOf(told, howRefused(refused)));
}

function entryOf(
  { action, args, context: { caller, origin } }: Told,
  how: Pick<AuditEntry, 'outcome' | 'code'>,
  result?: unknown,
): AuditEntry {
  const subject = idSubject(askedId(args, result), { isKnown: how.code === undefined || !UNSEEN.has(how.code) });
  const { name: actor, role } = caller;
  const what = { actor, role, action, ...(subject === undefined ? {} : { subject }) };
  return { time: new Date().toISOString(), ...what, ...how, ...origin };
}

/** As it was asked for, else of what came of it; nothing where there is none. */
function askedId(args: Arguments, result: unknown): string {
  const [input, made] = [members(args['input']), members(result)];
  const ids = [
    args['tokenId'],
    args['executionId'],
    args['id'],
    args['workflowId'],
    input['tokenId'],
    input['id'],
    made['id'],
  ];
  const found = [...ids, members(made['definition'])['id']].find((id) => typeof id === 'string');
  return found ?? '';
}

function members(value: unknown): Arguments {
  return typeof value === 'object' && value !== null ? (value as Arguments) : {};
}

function unaudited(): CircuitBreakerError {
  const message =
    'Nothing was changed: what is done cannot be told to the audit, since storage has taken nothing of it for a while.';
  return new CircuitBreakerError('UNAVAILABLE', message);
}
