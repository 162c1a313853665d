const MAX_LENGTH = 200;

/**
 * The id of the nth execution of a token: `<token>:<transition>:<n>`, with a suffix where the token's id was used
 * before, and shortened by a hash when too long for an id.
 */
export function executionIdOf(parts: { tokenId: string; startedBy: string; number: number; suffix?: string }): string {
  const end = parts.suffix === undefined ? `${parts.number}` : `${parts.number}-${parts.suffix}`;
  const whole = `${parts.tokenId}:${parts.startedBy}:${end}`;
  if (whole.length <= MAX_LENGTH) return whole;
  const tail = `-${fnv1a(whole)}:${end}`;
  return whole.slice(0, MAX_LENGTH - tail.length).replace(/[^A-Za-z0-9]+$/, '') + tail;
}

/** 64-bit FNV-1a, hexadecimal: tells ids apart; not a defence against anyone. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash ^= BigInt(character.codePointAt(0) ?? 0);
    hash = BigInt.asUintN(64, hash * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
