/** A key that encrypts what Temporal stores of ours. */
export interface PayloadKey {
  /** Says in each payload which key it takes. Not secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

export const PAYLOAD_KEYS_FORM =
  'must be <id>:<32 bytes as base64>, several separated by commas: the first encrypts, all decrypt. An id has up to 32 letters, digits, "-", "_" and ".", and is used once';

const KEY = /^([\w.-]{1,32}):([A-Za-z0-9+/_-]{43})=?$/;

/** The keys that a text names, in its order; undefined where any of them is none, or two have one id. */
export function parsePayloadKeys(listed: readonly string[]): readonly PayloadKey[] | undefined {
  const keys = listed.flatMap((one): readonly PayloadKey[] => {
    const [, id, base64] = KEY.exec(one) ?? [];
    return id === undefined || base64 === undefined ? [] : [{ id, bytes: bytesOf(base64) }];
  });
  const isWhole = keys.length === listed.length && new Set(keys.map(({ id }) => id)).size === keys.length;
  return isWhole ? keys : undefined;
}

/** What of each is secret: all but its id. */
export function secretsInPayloadKeys(listed: readonly string[]): readonly string[] {
  return listed.map((one) => one.slice(one.indexOf(':') + 1));
}

/** Of 43 digits, in either alphabet. */
function bytesOf(base64: string): Uint8Array {
  const binary = atob(`${base64.replaceAll('-', '+').replaceAll('_', '/')}=`);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
