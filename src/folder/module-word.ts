/** What the process that loads modules says of each, in the order in which it was asked. */
export type ModuleWord =
  | { readonly type: 'ready' }
  /** What the module exports, as JSON. */
  | { readonly type: 'read'; readonly json: string }
  /** `place` is where in the module it failed, if that is known. */
  | { readonly type: 'failed'; readonly message: string; readonly place?: ModulePlace };

export interface ModulePlace {
  readonly line: number;
  readonly column: number;
}

/** What it is asked for. */
export interface ModuleRequest {
  /** The full path of the module. */
  readonly path: string;
}
