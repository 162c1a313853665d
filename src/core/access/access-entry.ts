import type { Role } from './role.js';

/** Every token that we make begins with it, so that it is known for one wherever it turns up. */
export const TOKEN_PREFIX = 'cb_';

/** A token that opens the doors, as the file of tokens keeps it: not the token itself, which nobody keeps. */
export interface AccessEntry {
  /** Told in the audit and in refusals. */
  readonly name: string;
  /** Of the token, hexadecimal. */
  readonly sha256: string;
  readonly role: Role;
  /** Absent: all. */
  readonly workflows?: readonly string[];
  /** In milliseconds since 1970; absent: never. */
  readonly expiresAt?: number;
}
