import { idFromName, isId } from '../core/ids.js';
import { isJsonObject } from '../core/json/json.js';
import { shorten } from '../core/json/preview.js';

/** The id and the name of what is defined, whatever else is wrong with it. */
export function namesOf(input: unknown): { readonly id?: string; readonly name?: string } {
  const { id, name } = isJsonObject(input) ? input : {};
  const made = typeof id === 'string' ? id : typeof name === 'string' ? idFromName(name) : undefined;
  return {
    ...(made !== undefined && isId(made) ? { id: made } : {}),
    ...(typeof name === 'string' ? { name } : {}),
  };
}

/** Where the id of a definition is written, or what it is made from. */
export function idPointer(input: unknown): string {
  return isJsonObject(input) && typeof input['id'] === 'string' ? '/id' : '/name';
}

/** As many characters as a person needs. */
export function quoted(text: string): string {
  return `"${shorten(text)}"`;
}
