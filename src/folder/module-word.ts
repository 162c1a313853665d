import type { ModulePlace } from '../user-modules/failed-place.js';

/** What the process that loads modules says of each, in the order in which it was asked. */
export type ModuleWord =
  | { readonly type: 'ready' }
  /** What the module exports, as JSON. */
  | { readonly type: 'read'; readonly json: string }
  /** `place` is where in the module it failed, if that is known. */
  | { readonly type: 'failed'; readonly message: string; readonly place?: ModulePlace }
  | ModuleEnd;

/** What became of the thread that modules run in. The process is of no more use, and ends. */
export type ModuleEnd =
  { readonly type: 'ended'; readonly message: string; readonly place?: ModulePlace } | { readonly type: 'too-large' };

/** What it is asked for. */
export interface ModuleRequest {
  /** The full path of the module. */
  readonly path: string;
}
