import { isEnded } from '../../core/executions/execution.js';
import type { Ended, EndedPage } from '../ended.js';
import type { DeletedExecutions, ExecutionDeletion } from '../execution-store.js';
import { executionKey, turnKey } from './execution-keys.js';
import { LISTS, placesOfEnded, placeWhereFound, type ExecutionRecord } from './execution-record.js';
import { listMember, readMember } from './list-member.js';
import { readRecord } from './read-record.js';
import type { RecordConversationStore } from './record-conversations.js';
import type { RecordStore } from './record-store.js';
import type { ToldEntries } from './told-entries.js';

/** Turns whose records are looked for together. */
const TURNS_AT_ONCE = 10;

interface Parts {
  readonly records: RecordStore;
  readonly told: ToldEntries;
  readonly conversations: Pick<RecordConversationStore, 'leave' | 'remove'>;
}

/** Deletes executions one after the other: each may have megabytes, and many records. */
export async function deleteExecutions(
  parts: Parts,
  ids: readonly string[],
  how: ExecutionDeletion,
): Promise<DeletedExecutions> {
  const alive: string[] = [];
  let deleted = 0;
  for (const id of ids) {
    const record = (await readRecord<ExecutionRecord>(parts.records, executionKey(id)))?.document;
    if (record !== undefined && !isEnded(record.execution.status)) {
      alive.push(id);
      continue;
    }
    await removeTurns(parts.records, id);
    if (record === undefined) continue;
    await deleteExecution(parts, record, how);
    deleted += 1;
  }
  return { deleted, alive };
}

/** Its record last but for the list on which it is found: whoever dies in between has it found again. */
async function deleteExecution(
  { records, told, conversations }: Parts,
  record: ExecutionRecord,
  how: ExecutionDeletion,
): Promise<void> {
  const { id, conversationId } = record.execution;
  await told.tellNow(record);
  const isLeft = how.conversations === 'leave';
  await (isLeft ? conversations.leave(conversationId) : conversations.remove(conversationId));
  await Promise.all(placesOfEnded(record).map((place) => records.removeFromList(...place)));
  await records.remove([executionKey(id)]);
  // Once more: whoever looked at the conversation meanwhile has seen that it is had, and left it alone.
  if (isLeft) await conversations.leave(conversationId);
  await records.removeFromList(...placeWhereFound(record));
}

/** They are numbered without holes. From the end, so that this holds however it is cut off. */
async function removeTurns(records: RecordStore, executionId: string): Promise<void> {
  const keys: string[] = [];
  for (let turn = 0; ; turn += TURNS_AT_ONCE) {
    const next = Array.from({ length: TURNS_AT_ONCE }, (_, index) => turnKey(executionId, turn + index));
    const found = await records.getMany(next);
    keys.push(...next.filter((_, index) => found[index] !== undefined));
    if (found.at(-1) === undefined) break;
  }
  for (const key of keys.reverse()) await records.remove([key]);
}

export async function listEndedAlone(
  records: RecordStore,
  endedBefore: string,
  { first, after }: EndedPage,
): Promise<readonly Ended[]> {
  const found: Ended[] = [];
  let above = after === undefined ? undefined : listMember({ createdAt: after.endedAt, id: after.id });
  for (;;) {
    const from = above === undefined ? {} : { above };
    const range = { order: 'oldest', below: endedBefore, limit: first, ...from } as const;
    const members = await records.readList(LISTS.endedAlone, range);
    for (const member of members) {
      const { id, createdAt: endedAt } = readMember(member);
      const record = await readRecord<ExecutionRecord>(records, executionKey(id));
      // Whoever deleted it died before he had taken it off the list; or it is about to end.
      if (record === undefined) await records.removeFromList(LISTS.endedAlone, member);
      else if (isEnded(record.document.execution.status)) found.push({ id, endedAt });
    }
    above = members.at(-1);
    if (found.length >= first || members.length < first) return found.slice(0, first);
  }
}
