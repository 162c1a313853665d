import { CircuitBreakerError } from './errors.js';
import { isLoopback } from './loopback.js';

/** Whether only this machine reaches one who listens there. */
export function isOwnAddress(host: string): boolean {
  return isLoopback(host) && !host.startsWith('[');
}

/** Without locks, whoever reaches the port may do everything: nobody but this machine may. Throws VALIDATION_FAILED. */
export function refuseOpenAddress(host: string): void {
  if (isOwnAddress(host)) return;
  const message = [
    `HOST is "${host}": without a token that callers have to show, only this machine is served. Set one of these:`,
    '  AGENT_ACCESS_TOKEN=<a long random text, e.g. from: openssl rand -hex 32>',
    '  HOST=127.0.0.1',
  ].join('\n');
  throw new CircuitBreakerError('VALIDATION_FAILED', message, {
    problems: [{ code: 'HOST_NOT_LOOPBACK', pointer: '/HOST', message }],
  });
}
