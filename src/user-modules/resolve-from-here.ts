import { register } from 'node:module';

/**
 * Runs in a thread of Node's own, which takes no closures: this text is all that it knows. What a module of tools
 * or definitions does not find from where it lies, it gets from us.
 */
const HOOKS = `
let here;
export function initialize(data) { here = data.here; }
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !/^(zod|circuit-breaker)(\\/|$)/.test(specifier)) throw error;
    return await next(specifier, { ...context, parentURL: here });
  }
}`;

let isRegistered = false;

/** From now on `zod` and `circuit-breaker`, with all its entries, are found wherever a module lies that imports them. Of one thread, and once. */
export function resolveFromHere(): void {
  if (isRegistered) return;
  isRegistered = true;
  register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data: { here: import.meta.url } });
}
