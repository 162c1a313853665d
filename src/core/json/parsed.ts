import type { Problem } from './problem.js';

/**
 * What was read from an input, or everything that is wrong with it. A `draft` is there when the input has the right
 * shape all the same: it may be checked for further problems, and for nothing else.
 */
export type Parsed<Value> =
  { readonly value: Value } | { readonly problems: readonly Problem[]; readonly draft?: Value };
