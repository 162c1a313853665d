import type { JsonObject } from '../core/json/json.js';
import type { Misfit, Problem } from '../core/json/problem.js';
import type { CheckedAnswer } from './schema-checker.js';

/** What a thread is asked for. Schemas travel as JSON: the text is what a compiled one is remembered by. */
export type SchemaJob =
  | { readonly type: 'check'; readonly schema: string }
  | { readonly type: 'read'; readonly schema: string; readonly text: string; readonly outputs: readonly string[] }
  | { readonly type: 'fit'; readonly schema: string; readonly value: JsonObject };

/** What a thread says: first that it has begun to listen, then one answer to each job, in turn. */
export type ThreadWord =
  | { readonly type: 'ready' }
  | { readonly type: 'checked'; readonly problems: readonly Problem[] }
  | { readonly type: 'read'; readonly answer: CheckedAnswer }
  | { readonly type: 'fitted'; readonly misfits: readonly Misfit[] }
  | { readonly type: 'defect'; readonly message: string };
