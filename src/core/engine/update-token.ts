import type { Refusal } from './decision.js';
import { copySteps } from './decision-bounds.js';
import { versionBlockers } from './find-blockers.js';
import { keysCopied, mergePatch } from '../json/merge-patch.js';
import { change, withToken, type Progress } from './progress.js';
import { refusalOf, tooLargeRefusal } from './refusal.js';
import { fieldsSize, tokenTooLarge, tokenTooLargeThen } from '../tokens/token-size.js';
import type { UpdateRequest } from '../tokens/update-request.js';

export type Updated =
  { readonly type: 'refused'; readonly refusal: Refusal } | { readonly type: 'clear'; readonly progress: Progress };

/** Merges patches into the token's data and metadata, also while a transition's agent runs. */
export function updateToken(progress: Progress, request: UpdateRequest): Updated {
  const { token } = progress;
  const conflicts = versionBlockers(token, request);
  if (conflicts.length > 0) return { type: 'refused', refusal: refusalOf(token, 'change', conflicts) };
  const keys = keysCopied(token.data, request.data ?? {}) + keysCopied(token.metadata, request.metadata ?? {});
  progress.bounds.copies.take(copySteps(keys, fieldsSize(token)));
  const fields = {
    data: request.data === undefined ? token.data : mergePatch(token.data, request.data),
    metadata: request.metadata === undefined ? token.metadata : mergePatch(token.metadata, request.metadata),
  };
  const tooLarge = progress.facts.countsDataOnly === true ? tokenTooLarge(fields) : tokenTooLargeThen(fields, token);
  if (tooLarge !== undefined) {
    return { type: 'refused', refusal: tooLargeRefusal(tooLarge) };
  }
  const reset = withToken(progress, { automaticSteps: 0 });
  return { type: 'clear', progress: change(reset, fields, [{ type: 'UPDATED' }]) };
}
