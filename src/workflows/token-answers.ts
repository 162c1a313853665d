import { finalFailure, refusalFailure } from '../contract/failures.js';
import type { FireAccepted } from '../contract/messages.js';
import type { Decision } from '../core/engine/decision.js';
import { migrationRefusal, unreadyForMigration } from '../core/engine/migration-blockers.js';
import type { MigrateRequest } from '../core/tokens/migrate-request.js';
import type { Token } from '../core/tokens/token.js';
import { withoutPatches } from '../core/tokens/without-patches.js';

/** The decision. Throws what its refusal is to whoever sent what was decided on. */
export function unlessRefused(decision: Decision): Decision {
  if (decision.refusal !== undefined) throw refusalFailure(decision.refusal);
  return decision;
}

/** Throws the refusal of a migration, as far as it is seen without the other version. */
export function refuseUnready(token: Token, request: Pick<MigrateRequest, 'fromVersion' | 'toVersion'>): void {
  const refusal = migrationRefusal(token, request.toVersion, () => unreadyForMigration(token, request));
  if (refusal !== undefined) throw refusalFailure(refusal);
}

export function notYet(): never {
  throw finalFailure({ code: 'UNAVAILABLE', message: 'The token is still being created.' });
}

/** What a fire is answered. */
export function answer(token: Token, executionId: string | undefined): FireAccepted {
  const shown = withoutPatches(token);
  return executionId === undefined ? { token: shown } : { token: shown, executionId };
}
