import type { SchemaChecker } from '../schemas/schema-checker.js';
import type { Storage } from '../storage/storage.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Traces } from '../telemetry/traces.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

/** What operations work with, in whichever process they are asked for. */
export interface OperationParts {
  readonly storage: Storage;
  readonly temporal: TemporalGateway;
  readonly schemas: SchemaChecker;
  readonly metrics: Metrics;
  readonly traces: Traces;
  /** Whether a definition may name an address, as far as its text tells: see `ALLOWED_PRIVATE_HOSTS`. */
  readonly mayName: (address: URL) => boolean;
  readonly now: () => string;
}
