import { CircuitBreakerError } from '../../core/errors.js';
import { ROLLOUT_MODES, type RolloutMode } from '../../core/definitions/rollout.js';
import type { CommandRequest } from '../command.js';

/** What is not named stays as it was said before; null takes it away. */
interface RolloutChange {
  readonly mode: RolloutMode;
  readonly percent?: number;
  readonly maxErrorRate?: number | null;
  readonly agentVersions?: readonly { readonly version: number; readonly percent: number }[] | null;
}

const NONE = 'none';

/** What `--mode` and the options beside it say; undefined where nothing is to be changed. Throws VALIDATION_FAILED. */
export function rolloutChange({ options }: Pick<CommandRequest, 'options'>): RolloutChange | undefined {
  const { mode, percent, 'max-error-rate': rate, 'agent-version': versions } = options;
  if (mode === undefined) {
    if ([percent, rate, versions].every((one) => one === undefined)) return undefined;
    throw invalid('--percent, --max-error-rate and --agent-version need --mode: off, shadow or on.');
  }
  const known = ROLLOUT_MODES.find((one) => one === mode);
  if (known === undefined) throw invalid(`--mode must be off, shadow or on, and not "${mode}".`);
  return {
    mode: known,
    ...(percent === undefined ? {} : { percent: number('--percent', percent) }),
    ...(rate === undefined ? {} : { maxErrorRate: rate === NONE ? null : number('--max-error-rate', rate) }),
    ...(versions === undefined
      ? {}
      : { agentVersions: versions === NONE ? null : versions.split(',').map(versionShare) }),
  };
}

function versionShare(pair: string): { readonly version: number; readonly percent: number } {
  const [version = '', percent = '', ...more] = pair.split('=');
  const numbers = { version: Number(version), percent: Number(percent) };
  const isRight =
    version !== '' && percent !== '' && Number.isInteger(numbers.version) && !Number.isNaN(numbers.percent);
  if (isRight && more.length === 0) return numbers;
  throw invalid(`--agent-version must be VERSION=PERCENT, such as 3=90, or ${NONE}, and not "${pair}".`);
}

function number(option: string, given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value)) return value;
  throw invalid(`${option} must be a number, and not "${given}".`);
}

function invalid(message: string): CircuitBreakerError {
  return new CircuitBreakerError('VALIDATION_FAILED', message);
}
