import { Agent, type Dispatcher } from 'undici';

/**
 * The keep-alive connections to all providers: one per process, closed where the process ends.
 * It bounds connecting only; undici's own header and body timers are off, since every call has a guard.
 */
export function createDispatcher(options: { readonly connectionTimeoutMs: number }): Dispatcher {
  return new Agent({
    connect: { timeout: options.connectionTimeoutMs },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
