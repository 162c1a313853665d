import { fingerprint } from '../json/fingerprint.js';

const MAX_LENGTH = 200;

/**
 * The id of the nth execution of a token: `<token>:<transition>:<n>`, with a suffix where the token's id was used
 * before, and shortened by a hash when too long for an id.
 */
export function executionIdOf(parts: { tokenId: string; startedBy: string; number: number; suffix?: string }): string {
  const end = parts.suffix === undefined ? `${parts.number}` : `${parts.number}-${parts.suffix}`;
  const whole = `${parts.tokenId}:${parts.startedBy}:${end}`;
  if (whole.length <= MAX_LENGTH) return whole;
  const tail = `-${fingerprint(whole)}:${end}`;
  return whole.slice(0, MAX_LENGTH - tail.length).replace(/[^A-Za-z0-9]+$/, '') + tail;
}
