import { Agent, type Dispatcher } from 'undici';
import { judgedConnect, type JudgedConnectOptions } from '../../http/judged-connect.js';

export interface DispatcherOptions extends Omit<JudgedConnectOptions, 'timeoutMs'> {
  readonly connectionTimeoutMs: number;
}

/**
 * The keep-alive connections to all providers: one per process, closed where the process ends. Each leads to an address that
 * was judged when it was made. It bounds connecting only; undici's own header and body timers are off, since every call has a
 * guard.
 */
export function createDispatcher({ connectionTimeoutMs: timeoutMs, ...judged }: DispatcherOptions): Dispatcher {
  return new Agent({
    connect: judgedConnect({ ...judged, timeoutMs }),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
