import type { ListPosition } from '../page-cursor.js';

/** Lower than whatever a time or an id is made of: so members stand as (time, id, number) do. */
const SEPARATOR = '\n';

/** A place in a list that is ordered by time and id. */
export function listMember({ createdAt, id }: ListPosition, number?: number): string {
  return [createdAt, id, ...(number === undefined ? [] : [String(number)])].join(SEPARATOR);
}

export interface ReadMember extends ListPosition {
  readonly number: number;
}

export function readMember(member: string): ReadMember {
  const [createdAt = '', id = '', number = '0'] = member.split(SEPARATOR);
  return { createdAt, id, number: Number(number) };
}
