import { isEnded, type AgentExecution } from '../../core/executions/execution.js';
import type { ExecutionFilter } from '../execution-store.js';
import { decodeCursor, pageOf } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';
import { isWanted } from '../wanted-execution.js';
import { executionKey } from './execution-keys.js';
import { LISTS, type ExecutionRecord } from './execution-record.js';
import { listMember, readMember } from './list-member.js';
import { readRecords } from './read-record.js';
import type { ListRange, RecordStore } from './record-store.js';

/** Executions, each of up to some megabytes, that are read together. */
const MOST_AT_ONCE = 50;
const FEWEST_AT_ONCE = 10;

/** Reads the shortest list that has all that is asked for, and of its members as many as it takes. */
export async function listExecutions(
  records: RecordStore,
  filter: ExecutionFilter,
  page: PageRequest,
): Promise<Page<AgentExecution>> {
  const after = page.after === undefined ? undefined : listMember(decodeCursor(page.after));
  const { since, before } = filter;
  const below = [after, before].filter((bound) => bound !== undefined).sort()[0];
  const bounds = { ...(since === undefined ? {} : { above: since }), ...(below === undefined ? {} : { below }) };
  const lists = listsFor(filter);
  const members = newestOf(records, lists, bounds);
  const found: AgentExecution[] = [];
  const wanted = page.first + 1;
  for (let isEnd = false; !isEnd && found.length < wanted;) {
    const size = Math.min(Math.max(wanted - found.length, FEWEST_AT_ONCE), MOST_AT_ONCE);
    const some = await members.next(size);
    isEnd = some.length < size;
    const there = await executionsAt(records, some);
    if (lists.includes(LISTS.alive))
      await takeOff(
        records,
        there.filter(({ status }) => isEnded(status)),
      );
    found.push(...there.filter((execution) => isWanted(execution, filter)));
  }
  return pageOf(found.slice(0, wanted), page);
}

export async function listUnclosed(
  records: RecordStore,
  limit: number,
  except: ReadonlySet<string>,
): Promise<readonly AgentExecution[]> {
  const found: AgentExecution[] = [];
  for await (const { member, record } of oldestOf(records, LISTS.unclosed, { except })) {
    if (found.length >= limit) break;
    if (record === undefined || !isEnded(record.execution.status)) continue;
    // It was closed by somebody who died before he had taken it off the list.
    if (record.execution.lastSequence === undefined) found.push(record.execution);
    else await records.removeFromList(LISTS.unclosed, member);
  }
  return found.slice(0, limit);
}

export async function listExpired(
  records: RecordStore,
  endedBefore: string,
  { limit, except }: { readonly limit: number; readonly except: ReadonlySet<string> },
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { member, record } of oldestOf(records, LISTS.expiring, { except, below: endedBefore })) {
    if (found.length >= limit) break;
    if (record === undefined) continue;
    if (record.expiry === member) found.push(record.execution.id);
    // It was marked, or closed again. One with a higher number is about to be.
    else if (readMember(member).number <= record.closings) await records.removeFromList(LISTS.expiring, member);
  }
  return found.slice(0, limit);
}

interface OldestRange extends Omit<ListRange, 'order' | 'limit'> {
  readonly except: ReadonlySet<string>;
}

/** The members of a list, with what they stand for, but for some ids. */
async function* oldestOf(records: RecordStore, list: string, { except, ...range }: OldestRange) {
  for (let above: string | undefined; ;) {
    const from = above === undefined ? {} : { above };
    const members = await records.readList(list, { ...range, ...from, order: 'oldest', limit: MOST_AT_ONCE });
    const others = members.filter((member) => !except.has(readMember(member).id));
    const keys = others.map((member) => executionKey(readMember(member).id));
    const found = await readRecords<ExecutionRecord>(records, keys);
    for (const [index, member] of others.entries()) yield { member, record: found[index]?.document };
    above = members.at(-1);
    if (members.length < MOST_AT_ONCE) return;
  }
}

/** Several lists as one, newest first, without what is on more than one twice. */
function newestOf(records: RecordStore, lists: readonly string[], range: Omit<ListRange, 'order' | 'limit'>) {
  const parts = lists.map((list) => ({ list, members: [] as string[], below: range.below, isEnd: false }));
  const fill = async (part: (typeof parts)[number], limit: number) => {
    if (part.isEnd || part.members.length > 0) return;
    const { below } = part;
    const from = { ...range, ...(below === undefined ? {} : { below }) };
    const read = await records.readList(part.list, { ...from, order: 'newest', limit });
    part.members = [...read];
    part.below = read.at(-1);
    part.isEnd = read.length < limit;
  };
  return {
    next: async (size: number): Promise<readonly string[]> => {
      const next: string[] = [];
      while (next.length < size) {
        await Promise.all(parts.map((part) => fill(part, size)));
        const newest = parts.reduce((most, { members }) => ((members[0] ?? '') > most ? (members[0] ?? '') : most), '');
        if (newest === '') break;
        for (const part of parts) if (part.members[0] === newest) part.members.shift();
        next.push(newest);
      }
      return next;
    },
  };
}

function listsFor({ tokenId, workflowId, agentId, status, ofWorkflows }: ExecutionFilter): readonly string[] {
  if (tokenId !== undefined) return [LISTS.ofToken(tokenId)];
  if (status !== undefined && !isEnded(status)) return [LISTS.alive];
  if (workflowId !== undefined) return [LISTS.ofWorkflow(workflowId)];
  if (ofWorkflows !== undefined) return ofWorkflows.map(LISTS.ofWorkflow);
  // Most end well.
  if (status !== undefined && (status !== 'COMPLETED' || agentId === undefined)) return [LISTS.withStatus(status)];
  return [agentId === undefined ? LISTS.all : LISTS.ofAgent(agentId)];
}

/** The executions of those members that are there, and stand in this place. */
async function executionsAt(records: RecordStore, members: readonly string[]): Promise<readonly AgentExecution[]> {
  const positions = members.map(readMember);
  const found = await readRecords<ExecutionRecord>(
    records,
    positions.map(({ id }) => executionKey(id)),
  );
  return positions.flatMap(({ createdAt }, index) => {
    const execution = found[index]?.document.execution;
    return execution?.createdAt === createdAt ? [execution] : [];
  });
}

/** They have ended by somebody who died before he had taken them off the list. */
async function takeOff(records: RecordStore, ended: readonly AgentExecution[]): Promise<void> {
  await Promise.all(ended.map((one) => records.removeFromList(LISTS.alive, listMember(one))));
}
