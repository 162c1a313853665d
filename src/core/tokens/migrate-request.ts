import { MAX_ID_LENGTH } from '../ids.js';
import type { JsonObject } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import { present, readMessage, type MessageFields } from '../json/read-message.js';

/** The ask that a token go over to another version of its workflow. One that is over already stays as it is. */
export interface MigrateRequest {
  /** Of which the token has to be. */
  readonly fromVersion: number;
  readonly toVersion: number;
  /** By place, the one of the other version that the token is put into; one that is not named stays. */
  readonly placeMapping?: Readonly<Record<string, string>>;
}

/** Reads a migration from a message that anybody may have sent. */
export function parseMigrateRequest(message: unknown): Parsed<MigrateRequest> {
  return readMessage(message, (fields) => {
    const [fromVersion, toVersion] = [versionIn(fields, 'fromVersion'), versionIn(fields, 'toVersion')];
    if (fromVersion === toVersion && fields.has('toVersion')) {
      fields.refuse('toVersion', 'toVersion must be another version than fromVersion');
    }
    const placeMapping = placesIn(fields);
    return { fromVersion, toVersion, ...present({ placeMapping }) };
  });
}

function versionIn(fields: MessageFields, name: 'fromVersion' | 'toVersion'): number {
  const version = fields.wholeNumber(name);
  if (!fields.has(name)) fields.refuse(name, `${name} is needed`);
  return version ?? 0;
}

function placesIn(fields: MessageFields): Readonly<Record<string, string>> | undefined {
  const given = fields.object('placeMapping');
  if (given === undefined || isPlaces(given)) return given;
  fields.refuse('placeMapping', `placeMapping must name a place by a text of 1 to ${MAX_ID_LENGTH} characters`);
  return undefined;
}

function isPlaces(given: JsonObject): given is Readonly<Record<string, string>> {
  return Object.values(given).every(
    (place) => typeof place === 'string' && place.length > 0 && place.length <= MAX_ID_LENGTH,
  );
}
