import { randomUUID } from 'node:crypto';

import type { ListRange } from '../records/record-store.js';
import { ListChanges } from './list-changes.js';
import { ListDirectories } from './list-directory.js';
import {
  belongsTo,
  changedMembers,
  isOneOfMany,
  partsOf,
  type ListChange,
  type ListPage,
  type NextPage,
  type PageRecords,
} from './list-page.js';

/** The page that every list begins with. */
const FIRST = '0';
/** A page that lies further from the one that the directory names is added to it. */
const MOST_STEPS = 3;

/** A page as it was read. */
interface ReadPage {
  readonly page: string;
  readonly content: ListPage;
  readonly revision: number;
}

/** From `start` on, behind `above` and before `below`. */
interface Span {
  readonly start: string;
  readonly above: string;
  readonly below: string | undefined;
}

/**
 * Lists of any length in records that hold some members each. A page is changed where it is as it was read, so each change is one step:
 * a page that is cut in two names the new one, which is there already, in the very step that gives its members away.
 */
export class PagedLists {
  readonly #records: PageRecords;
  readonly #directories: ListDirectories;
  readonly #changes = new ListChanges((list, changes) => this.#apply(list, changes));

  constructor(records: PageRecords) {
    this.#records = records;
    this.#directories = new ListDirectories(records);
  }

  add(list: string, member: string): Promise<void> {
    return this.#changes.make(list, { kind: 'add', member });
  }

  remove(list: string, member: string): Promise<void> {
    return this.#changes.make(list, { kind: 'remove', member });
  }

  async read(list: string, { order, above = '', below, limit }: ListRange): Promise<readonly string[]> {
    const span = { start: above, above, below };
    return order === 'oldest' ? await this.#readOldest(list, span, limit) : await this.#readNewest(list, span, limit);
  }

  async #readOldest(list: string, { start, above, below }: Span, limit: number): Promise<readonly string[]> {
    const found: string[] = [];
    let from = start;
    for (let at = await this.#pageOf(list, from); ;) {
      const { members, next }: ListPage = at.content;
      found.push(...members.filter((one) => one >= from && one > above && (below === undefined || one < below)));
      if (found.length >= limit || next === undefined || (below !== undefined && next.from >= below)) break;
      from = next.from;
      // A page that is gone meanwhile is looked for by what it began with.
      at = (await this.#follow(list, at)) ?? (await this.#pageOf(list, from));
    }
    return found.slice(0, limit);
  }

  /** Slot by slot of the directory, from its end: each leads to a page or a few. */
  async #readNewest(list: string, { above, below }: Span, limit: number): Promise<readonly string[]> {
    const found: string[] = [];
    const starts = ['', ...(await this.#directories.again(list)).map(({ from }) => from)];
    let end = below;
    for (const start of starts.toReversed()) {
      if (end !== undefined && start >= end) continue;
      const members = await this.#readOldest(list, { start, above, below: end }, Infinity);
      found.push(...members.toReversed());
      if (found.length >= limit || start <= above) break;
      end = start;
    }
    return found.slice(0, limit);
  }

  async #apply(list: string, changes: readonly ListChange[]): Promise<void> {
    // Of one member in the order in which they came.
    let left = [...changes].sort((one, other) => compare(one.member, other.member));
    while (left[0] !== undefined) {
      const at = await this.#pageOf(list, left[0].member);
      const own = left.filter(({ member }) => belongsTo(at.content, member));
      if (await this.#change(list, at, own)) left = left.slice(own.length);
    }
  }

  /** False: the page is another by now. */
  async #change(list: string, at: ReadPage, changes: readonly ListChange[]): Promise<boolean> {
    const { members, next } = at.content;
    const after = changedMembers(members, changes);
    if (after === members) return true;
    const isLeft = after.length === 0 && at.page !== FIRST && (next !== undefined || isOneOfMany(list));
    if (isLeft) {
      const content: ListPage = { members: [], ...(next === undefined ? {} : { next }), dead: true };
      if ((await this.#put(list, at, content)) === undefined) return false;
      // Whoever comes to a dead page leaves it out; to a list of what is no more, nobody comes.
      if (isOneOfMany(list)) await this.#readOldest(list, { start: '', above: '', below: undefined }, 1);
      return true;
    }
    const [first = [], ...rest] = partsOf(after, next === undefined);
    const added = await this.#addPages(list, rest, next);
    const follows = added[0] ?? next;
    const content: ListPage = { members: first, ...(follows === undefined ? {} : { next: follows }) };
    if ((await this.#put(list, at, content)) !== undefined) {
      if (added.length > 0) await this.#directories.change(list, { add: added }).catch(() => undefined);
      return true;
    }
    await this.#records.remove(added.map(({ page }) => keyOf(list, page)));
    return false;
  }

  /** Pages that nothing names yet, the last one first: each names the one behind it. */
  async #addPages(
    list: string,
    parts: readonly (readonly string[])[],
    behind: NextPage | undefined,
  ): Promise<readonly NextPage[]> {
    const added: NextPage[] = [];
    for (const members of parts.toReversed()) {
      const next = added[0] ?? behind;
      const page: NextPage = { page: randomUUID(), from: members[0] ?? '' };
      const content: ListPage = { members, ...(next === undefined ? {} : { next }) };
      await this.#records.put(keyOf(list, page.page), JSON.stringify(content), 0);
      added.unshift(page);
    }
    return added;
  }

  /** The page that a member belongs to, whether it is there or not. */
  async #pageOf(list: string, member: string): Promise<ReadPage> {
    for (let slots = await this.#directories.of(list); ; slots = await this.#directories.again(list)) {
      const found = await this.#walk(list, slots, member);
      if (found !== undefined) return found;
    }
  }

  /** Undefined: the directory leads nowhere; it is another by now. */
  async #walk(list: string, slots: readonly NextPage[], member: string): Promise<ReadPage | undefined> {
    const slot = slots.findLast(({ from }) => from <= member);
    let at = await this.#get(list, slot?.page ?? FIRST);
    let from = '';
    for (let steps = 0; at !== undefined; steps += 1) {
      if (at.content.dead !== true && belongsTo(at.content, member)) {
        // Whoever made it died before the directory had it, or it was left out there.
        if (steps > MOST_STEPS) await this.#directories.change(list, { add: [{ page: at.page, from }] }).catch(() => 0);
        return at;
      }
      from = at.content.next?.from ?? from;
      at = await this.#follow(list, at);
    }
    // The page that the directory names is gone, with all that were on it.
    if (slot !== undefined) await this.#directories.change(list, { remove: [slot.page] }).catch(() => undefined);
    return undefined;
  }

  /** The page behind one. Those that are dead are left out from then on. */
  async #follow(list: string, at: ReadPage): Promise<ReadPage | undefined> {
    const left: string[] = [];
    let behind = await this.#behind(list, at);
    for (let from = at; behind?.content.dead === true && from.content.dead !== true;) {
      const next = behind.content.next && { page: behind.content.next.page, from: from.content.next?.from ?? '' };
      const content: ListPage = { members: from.content.members, ...(next === undefined ? {} : { next }) };
      const revision = await this.#put(list, from, content);
      if (revision === undefined) break;
      left.push(behind.page);
      from = { page: from.page, content, revision };
      behind = await this.#behind(list, from);
    }
    if (left.length > 0) {
      await this.#records.remove(left.map((page) => keyOf(list, page)));
      await this.#directories.change(list, { remove: left }).catch(() => undefined);
    }
    return behind;
  }

  async #behind(list: string, { content: { next } }: ReadPage): Promise<ReadPage | undefined> {
    return next === undefined ? undefined : await this.#get(list, next.page);
  }

  async #get(list: string, page: string): Promise<ReadPage | undefined> {
    const [found] = await this.#records.getMany([keyOf(list, page)]);
    if (found !== undefined) return { page, content: JSON.parse(found.text) as ListPage, revision: found.revision };
    return page === FIRST ? { page, content: { members: [] }, revision: 0 } : undefined;
  }

  /** Gives the new revision; undefined: it is another by now. */
  async #put(list: string, { page, revision }: ReadPage, content: ListPage): Promise<number | undefined> {
    const isAll = page === FIRST && content.next === undefined;
    if (isAll && content.members.length === 0 && isOneOfMany(list)) {
      return (await this.#records.removeAsRead(keyOf(list, page), revision)) ? 0 : undefined;
    }
    return await this.#records.put(keyOf(list, page), JSON.stringify(content), revision);
  }
}

function keyOf(list: string, page: string): string {
  return `list/${list}/${page}`;
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
