import type { RecordStore } from '../records/record-store.js';

/**
 * A page of a list: its members in order, and where the list goes on. A member that stands at `next.from` or behind it belongs to a later page.
 * A page that is `dead` has no members, and gets none: whoever comes to it goes on.
 */
export interface ListPage {
  readonly members: readonly string[];
  readonly next?: NextPage;
  readonly dead?: true;
}

export interface NextPage {
  readonly page: string;
  readonly from: string;
}

/** What is to be done to a list. */
export interface ListChange {
  readonly kind: 'add' | 'remove';
  readonly member: string;
}

const MOST_MEMBERS = 128;

/** What pages and directories of lists are kept in. */
export interface PageRecords extends Pick<RecordStore, 'getMany' | 'put' | 'remove'> {
  /** Removes a record where it is as it was read. False, and nothing is removed: it is another by now, or gone. */
  removeAsRead(key: string, revision: number): Promise<boolean>;
}

/** Whether there is a list of the kind for each of many, as of each token: then nothing stays of one that is empty. */
export function isOneOfMany(list: string): boolean {
  return list.includes('/');
}

/** Whether a member stands before the page ends. */
export function belongsTo({ next }: ListPage, member: string): boolean {
  return next === undefined || member < next.from;
}

/** The members after changes in their order; the very same where nothing changes. */
export function changedMembers(members: readonly string[], changes: readonly ListChange[]): readonly string[] {
  const set = new Set(members);
  let hasChanged = false;
  for (const { kind, member } of changes) {
    if (kind === 'add' ? set.has(member) : !set.has(member)) continue;
    hasChanged = true;
    if (kind === 'add') set.add(member);
    else set.delete(member);
  }
  return hasChanged ? [...set].sort() : members;
}

/**
 * Members in parts that fit a page each. Of the last page all but the end stay together, since most members are newer than all others;
 * another page is cut in equal parts.
 */
export function partsOf(members: readonly string[], isLast: boolean): readonly (readonly string[])[] {
  if (members.length <= MOST_MEMBERS) return [members];
  const count = Math.max(2, Math.ceil(members.length / (MOST_MEMBERS * 0.75)));
  const size = isLast ? MOST_MEMBERS : Math.ceil(members.length / count);
  const parts: (readonly string[])[] = [];
  for (let from = 0; from < members.length; from += size) parts.push(members.slice(from, from + size));
  return parts;
}
