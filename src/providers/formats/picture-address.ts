import { dataUrlOf, type Picture } from '../../core/executions/picture.js';

/** A picture as APIs take it that take an address of any kind. */
export function addressOf(picture: Picture): string {
  return picture.type === 'linked' ? picture.url : dataUrlOf(picture);
}
