import { CircuitBreakerError } from '../../core/errors.js';
import type { CommandRequest } from '../command.js';

export interface MigrationOptions {
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly placeMapping: readonly { readonly from: string; readonly to: string }[];
}

/** What `--from`, `--to` and `--map` say. Throws VALIDATION_FAILED. */
export function migrationOptions({ options }: Pick<CommandRequest, 'options'>): MigrationOptions {
  const { from, to, map = '' } = options;
  return {
    fromVersion: version('--from', from),
    toVersion: version('--to', to),
    placeMapping: map.split(',').flatMap((pair) => (pair === '' ? [] : [placePair(pair)])),
  };
}

/** What an `Int` of GraphQL takes. */
const MOST = 2 ** 31 - 1;

function version(option: string, given: string | undefined): number {
  const number = Number(given);
  if (given !== undefined && Number.isInteger(number) && number >= 1 && number <= MOST) return number;
  const advice = 'circuit-breaker token TOKEN says which version a token has';
  throw new CircuitBreakerError(
    'VALIDATION_FAILED',
    `${option} must be a version of the workflow, such as 1; ${advice}.`,
  );
}

function placePair(pair: string): { readonly from: string; readonly to: string } {
  const [from = '', to = '', ...more] = pair.split('=');
  if (from !== '' && to !== '' && more.length === 0) return { from, to };
  throw new CircuitBreakerError('VALIDATION_FAILED', `--map must be OLD=NEW, two places, and not "${pair}".`);
}
