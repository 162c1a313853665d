import { changeEntries } from '../../core/audit/execution-entries.js';
import type { AuditEntry } from '../../core/audit/audit-entry.js';
import { isEnded, type AgentExecution } from '../../core/executions/execution.js';
import type { NumberedEntry } from '../agents-home.js';
import { changedExecution } from '../changed-execution.js';
import type { ExecutionChange } from '../execution-store.js';
import { listMember } from './list-member.js';

/** An execution as it is kept. */
export interface ExecutionRecord {
  readonly execution: AgentExecution;
  /** How many entries of the audit there were of it. */
  readonly entries: number;
  /** The newest of them: all that may not have been told. */
  readonly told: readonly NumberedEntry[];
  /** How often its stream was closed. */
  readonly closings: number;
  /** Its place on the list of streams that expire, while its log may hold it. */
  readonly expiry?: string;
}

export function newRecord(execution: AgentExecution, entry: AuditEntry): ExecutionRecord {
  const record = { execution, entries: 1, told: [{ number: 1, entry }], closings: 0 };
  return execution.lastSequence === undefined ? record : { ...record, ...closed(record) };
}

/** The record after a change; the very same where nothing changes. `untold`: what may not have been told of it before. */
export function changedRecord(
  before: ExecutionRecord,
  change: ExecutionChange,
  untold: readonly NumberedEntry[],
): ExecutionRecord {
  const execution = changedExecution(before.execution, change);
  const closesAgain = execution.lastSequence !== undefined && before.expiry === undefined;
  if (execution === before.execution && !closesAgain) return before;
  const entries = changeEntries(before.execution, execution).map((entry, index) => ({
    number: before.entries + index + 1,
    entry,
  }));
  const after = { ...before, execution, entries: before.entries + entries.length, told: [...untold, ...entries] };
  return closesAgain ? { ...after, ...closed(after) } : after;
}

function closed({ execution, closings }: Pick<ExecutionRecord, 'execution' | 'closings'>) {
  const position = { createdAt: endOf(execution), id: execution.id };
  return { closings: closings + 1, expiry: listMember(position, closings + 1) };
}

function endOf({ completedAt, createdAt }: AgentExecution): string {
  return completedAt ?? createdAt;
}

/** The lists that executions are on. */
export const LISTS = {
  all: 'executions',
  /** Have not ended. */
  alive: 'executions-alive',
  /** Have ended, and their stream is not known to be closed. */
  unclosed: 'executions-unclosed',
  /** Their closed stream is in its log. */
  expiring: 'executions-expiring',
  /** The audit was not told of them. */
  untold: 'executions-untold',
  /** Have ended, and have no token. */
  endedAlone: 'executions-ended-alone',
  ofAgent: (id: string) => `executions-of-agent/${id}`,
  ofWorkflow: (id: string) => `executions-of-workflow/${id}`,
  ofToken: (id: string) => `executions-of-token/${id}`,
  /** Go on with the conversation of another. */
  ofConversation: (id: string) => `executions-of-conversation/${id}`,
  withStatus: (status: string) => `executions-${status}`,
} as const;

type ListPlace = readonly [list: string, member: string];

/** Where a record has to be before it is stored, because of what it becomes. A place that it does not take after all is harmless. */
export function placesAhead(before: ExecutionRecord | undefined, after: ExecutionRecord): readonly ListPlace[] {
  const { execution, expiry } = after;
  const member = listMember(execution);
  const places: ListPlace[] = [];
  if (before === undefined) {
    places.push([LISTS.all, member], [LISTS.ofAgent(execution.agentId), member]);
    if (execution.workflowId !== undefined) places.push([LISTS.ofWorkflow(execution.workflowId), member]);
    if (execution.tokenId !== undefined) places.push([LISTS.ofToken(execution.tokenId), member]);
    if (!isEnded(execution.status)) places.push([LISTS.alive, member]);
    const { conversationId } = execution;
    if (conversationId !== execution.id) places.push([LISTS.ofConversation(conversationId), member]);
  }
  if (hasEnded(after) && !hasEnded(before)) {
    places.push([LISTS.withStatus(execution.status), member]);
    if (execution.lastSequence === undefined) places.push([LISTS.unclosed, member]);
    if (execution.tokenId === undefined) places.push([LISTS.endedAlone, endedMember(execution)]);
  }
  if (expiry !== undefined && expiry !== before?.expiry) places.push([LISTS.expiring, expiry]);
  if (after.entries > (before?.entries ?? 0)) places.push([LISTS.untold, untoldMember(after)]);
  return places;
}

/** Where it need not be any more once it is stored. What has ended, and what is closed, stays so: nobody puts it back. */
export function placesLeft(before: ExecutionRecord | undefined, after: ExecutionRecord): readonly ListPlace[] {
  const member = listMember(after.execution);
  const places: ListPlace[] = [];
  if (before !== undefined && hasEnded(after) && !hasEnded(before)) places.push([LISTS.alive, member]);
  const isNewlyClosed = after.execution.lastSequence !== undefined && before?.execution.lastSequence === undefined;
  if (isNewlyClosed && before !== undefined) places.push([LISTS.unclosed, member]);
  return places;
}

/** All places that one may have which has ended, but for those by which it is found: these come last. */
export function placesOfEnded(record: ExecutionRecord): readonly ListPlace[] {
  const { execution, entries, closings } = record;
  const { agentId, workflowId, conversationId, status } = execution;
  const member = listMember(execution);
  const end = { createdAt: endOf(execution), id: execution.id };
  const lists = [LISTS.all, LISTS.alive, LISTS.unclosed, LISTS.withStatus(status), LISTS.ofAgent(agentId)];
  if (workflowId !== undefined) lists.push(LISTS.ofWorkflow(workflowId));
  if (conversationId !== execution.id) lists.push(LISTS.ofConversation(conversationId));
  return [
    ...lists.map((list) => [list, member] as const),
    ...numbersTo(entries).map((number) => [LISTS.untold, listMember(execution, number)] as const),
    ...numbersTo(closings).map((number) => [LISTS.expiring, listMember(end, number)] as const),
  ];
}

/** Where one that has ended is found by whoever is to delete it. */
export function placeWhereFound({ execution }: ExecutionRecord): ListPlace {
  const { tokenId } = execution;
  return tokenId === undefined
    ? [LISTS.endedAlone, endedMember(execution)]
    : [LISTS.ofToken(tokenId), listMember(execution)];
}

function numbersTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

function endedMember(execution: AgentExecution): string {
  return listMember({ createdAt: endOf(execution), id: execution.id });
}

/** The place of its newest entry on the list of what is not told: another one with every change that tells. */
export function untoldMember({ execution, entries }: ExecutionRecord): string {
  return listMember(execution, entries);
}

function hasEnded(record: ExecutionRecord | undefined): boolean {
  return record !== undefined && isEnded(record.execution.status);
}
