import type { PictureLimits } from '../agents/picture-limits.js';
import { listed } from '../json/listed.js';
import { ModelError } from './model-error.js';
import { pictureBytes, type Picture } from './picture.js';

/** Throws ModelError `invalid_request` for pictures that a model does not take: none at all, of that type, so many or so large. */
export function checkPictures(
  pictures: readonly Picture[],
  { model, limits }: { readonly model: string; readonly limits: PictureLimits | null },
): void {
  if (pictures.length === 0) return;
  if (limits === null) throw refused(`the model ${model} takes no pictures: choose another one, or leave them out`);
  if (pictures.length > limits.count) {
    throw refused(`there are ${pictures.length} pictures, and ${model} takes ${limits.count} in one request`);
  }
  for (const picture of pictures) checkPicture(picture, { model, limits });
  const together = pictures.reduce((sum, picture) => sum + (pictureBytes(picture) ?? 0), 0);
  if (together > limits.bytesTogether) {
    throw refused(`the pictures have ${together} bytes together, and ${model} takes ${limits.bytesTogether}`);
  }
}

/** Whether a model takes all of these in one request. */
export function takesPictures(
  pictures: readonly Picture[],
  model: { readonly model: string; readonly limits: PictureLimits | null },
): boolean {
  try {
    checkPictures(pictures, model);
    return true;
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

function checkPicture(
  picture: Picture,
  { model, limits }: { readonly model: string; readonly limits: PictureLimits },
): void {
  if (picture.type === 'linked') return;
  if (!limits.types.includes(picture.mediaType)) {
    const types = listed(limits.types, { separator: ', ' });
    throw refused(`the model ${model} takes no ${picture.mediaType}: give it one of ${types}`);
  }
  const bytes = pictureBytes(picture) ?? 0;
  if (bytes <= limits.bytesEach) return;
  throw refused(`a picture has ${bytes} bytes, and ${model} takes ${limits.bytesEach}`);
}

function refused(problem: string): ModelError {
  return new ModelError('invalid_request', `${problem.slice(0, 1).toUpperCase()}${problem.slice(1)}.`);
}
