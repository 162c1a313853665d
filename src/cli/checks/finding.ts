import { CircuitBreakerError } from '../../core/errors.js';

/** What one check of the doctor found. */
export interface Finding {
  readonly state: 'ok' | 'note' | 'FAIL';
  readonly subject: string;
  /** What agents do without while it fails; absent: the subject. */
  readonly missed?: string;
  /** What is there, or what is wrong and what to do about it. */
  readonly text: string;
  /** A start comes to nothing over it. */
  readonly blocksStart?: true;
}

export function ok(subject: string, text: string): Finding {
  return { state: 'ok', subject, text };
}

export function note(subject: string, text: string): Finding {
  return { state: 'note', subject, text };
}

/** Something that a start needs: what `look` finds, or what it throws as a FAIL. */
export async function neededFinding(subject: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return missing(subject, reasonOf(error));
  }
}

export function missing(subject: string, text: string): Finding {
  return { state: 'FAIL', subject, text, blocksStart: true };
}

function reasonOf(error: unknown): string {
  if (error instanceof CircuitBreakerError) return error.message;
  return error instanceof Error ? `The check itself failed: ${error.message}` : String(error);
}
