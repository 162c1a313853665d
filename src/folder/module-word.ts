import { isJsonObject } from '../core/json/json.js';
import type { ModulePlace } from '../user-modules/failed-place.js';

/** What a module exports, as JSON, or why that is not to be had. `place` is where in the module it failed, if that is known. */
export type ModuleAnswer =
  | { readonly type: 'read'; readonly json: string }
  | { readonly type: 'failed'; readonly message: string; readonly place?: ModulePlace };

/** What the process that loads modules says: once that it is ready, then an answer to each request. */
export type ModuleWord = { readonly type: 'ready' } | (ModuleAnswer & Pick<ModuleRequest, 'number'>) | ModuleEnd;

/** What became of the thread that modules run in. The process is of no more use, and ends. */
export type ModuleEnd =
  { readonly type: 'ended'; readonly message: string; readonly place?: ModulePlace } | { readonly type: 'too-large' };

/** What it is asked for. */
export interface ModuleRequest {
  /** Comes back with the answer: what else is said meanwhile is no answer. */
  readonly number: number;
  /** The full path of the module. */
  readonly path: string;
}

/** What came of that process as a word of its own; undefined: a module has said it, which can speak there, too. */
export function readModuleWord(said: unknown): ModuleWord | undefined {
  if (!isJsonObject(said)) return undefined;
  const { type, number, json, message, place } = said;
  const where = isPlace(place) ? { place } : {};
  switch (typeof type === 'string' ? type : undefined) {
    case 'ready':
      return { type: 'ready' };
    case 'too-large':
      return { type: 'too-large' };
    case 'ended':
      return typeof message === 'string' ? { type: 'ended', message, ...where } : undefined;
    case 'failed':
      return typeof message === 'string' && typeof number === 'number'
        ? { type: 'failed', message, number, ...where }
        : undefined;
    case 'read':
      return typeof json === 'string' && typeof number === 'number' ? { type: 'read', json, number } : undefined;
    case undefined:
    default:
      return undefined;
  }
}

function isPlace(value: unknown): value is ModulePlace {
  return isJsonObject(value) && typeof value['line'] === 'number' && typeof value['column'] === 'number';
}
