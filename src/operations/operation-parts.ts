import type { SchemaChecker } from '../schemas/schema-checker.js';
import type { Storage } from '../storage/storage.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

/** What operations work with, in whichever process they are asked for. */
export interface OperationParts {
  readonly storage: Storage;
  readonly temporal: TemporalGateway;
  readonly schemas: SchemaChecker;
  readonly now: () => string;
}
