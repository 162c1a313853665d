import { fingerprint } from '../json/fingerprint.js';

const MAX_LENGTH = 200;

export interface ExecutionIdParts {
  readonly tokenId: string;
  /** The transition or the place agent. */
  readonly startedBy: string;
  /** Counts the executions of the token. */
  readonly number: number;
  /** Hexadecimal digits; set where the token's id was used before. */
  readonly suffix?: string;
}

/**
 * The id of the nth execution of a token: `<token>:<transition or place agent>:<n>`, with a suffix where the token's id was
 * used before. No two have the same, whatever characters ids have: colons of the token's id are doubled, so that the first
 * one that stands alone ends it, since names of transitions and place agents begin with a letter or digit. What is too long
 * for an id is cut, and ends in a hash behind an `x`, which no suffix has.
 */
export function executionIdOf(parts: ExecutionIdParts): string {
  const end = endOf(parts);
  const whole = `${parts.tokenId.replaceAll(':', '::')}:${parts.startedBy}:${end}`;
  return whole.length <= MAX_LENGTH ? whole : cut(whole, `:${end}-x${fingerprint(whole)}`);
}

/** What keeps the executions of one life of a token apart from those of another. Of a UUID what is random: newer ones begin with the time. */
export function executionIdSuffix(uuid: string): string {
  return uuid.slice(-12);
}

/** As ids were made once, when they could be the same: tokens that began then go on so, which their histories rely on. */
export function joinedExecutionIdOf(parts: ExecutionIdParts): string {
  const end = endOf(parts);
  const whole = `${parts.tokenId}:${parts.startedBy}:${end}`;
  return whole.length <= MAX_LENGTH ? whole : cut(whole, `-${fingerprint(whole)}:${end}`);
}

function endOf({ number, suffix }: ExecutionIdParts): string {
  return suffix === undefined ? `${number}` : `${number}-${suffix}`;
}

function cut(whole: string, tail: string): string {
  return whole.slice(0, MAX_LENGTH - tail.length).replace(/(?<![^A-Za-z0-9])[^A-Za-z0-9]+$/, '') + tail;
}
