import type { Role } from './role.js';

/** Who asks, as far as a door has found out. */
export interface Caller {
  /** By what they were let in; `nobody-asked`: there are no locks, and whoever reaches us may do everything. */
  readonly by: 'nobody-asked' | 'token' | 'sign-on' | 'ticket';
  /** Of the token, or the subject that a sign-on names. */
  readonly name: string;
  readonly role: Role;
  /** Absent: all workflows. Otherwise those of others are not there. */
  readonly workflows?: readonly string[];
  /** Of a ticket: the one execution whose stream it opens, and nothing else. */
  readonly executionId?: string;
  /** When they are not let in any more, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** Where no locks are, on loopback only. */
export const ANYBODY: Caller = { by: 'nobody-asked', name: 'anybody', role: 'administer' };
