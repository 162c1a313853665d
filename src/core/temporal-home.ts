import { CircuitBreakerError } from './errors.js';

/** The Temporal namespace that the tokens and executions of a storage live in. */
export interface TemporalHome {
  /** Given by the server that made the namespace: no other one has it, whatever the names are. */
  readonly namespaceId: string;
  /** The name it was reached by, for people. */
  readonly namespace: string;
  /** When the storage was first used with it, RFC 3339. */
  readonly since: string;
}

/** The error where a client's namespace is not the storage's: what it does not know may be in the other one. */
export function anotherHome(stored: TemporalHome, found: Pick<TemporalHome, 'namespaceId'>): CircuitBreakerError {
  const { namespace, namespaceId, since } = stored;
  return new CircuitBreakerError(
    'UNAVAILABLE',
    [
      `This storage belongs to another Temporal namespace: since ${since} to "${namespace}" with the id ${namespaceId};`,
      `TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE lead to one with the id ${found.namespaceId}. Nothing is concluded from what`,
      'that one does not know. Correct them; or, where the old one is gone for good, set',
      `TEMPORAL_ADOPT_NAMESPACE=${found.namespaceId}: what only the old one knew will be TERMINATED.`,
    ].join(' '),
  );
}
