import { setTimeout as delay } from 'node:timers/promises';

import { outputOf } from '../core/executions/answer-output.js';
import { lostIn, withFinishedTurns, withUnnotedTurns } from '../core/executions/attempts-over.js';
import type { Message } from '../core/executions/conversation.js';
import type { AgentExecution, ModelAttempt } from '../core/executions/execution.js';
import type { ExecutionEnd } from '../contract/activities.js';
import type { EndedExecution } from '../storage/execution-store.js';
import type { ActivityParts } from './activity-parts.js';
import { executionSpan } from '../telemetry/execution-span.js';
import { appendMessages } from './append-messages.js';

/** How long the end of an execution waits for what follows from it; what takes longer happens later. */
const PATIENCE_MS = 500;

/** Adds an execution's answer to its conversation, stores how it ended, and closes its stream. */
export async function recordExecution(parts: ActivityParts, ended: ExecutionEnd): Promise<void> {
  const stored = await parts.storage.executions.get(ended.executionId);
  if (!isMeant(stored, ended.only)) return;
  // First: once it has ended, nothing could say any more that storage refused the answer.
  if (stored !== undefined && ended.status === 'COMPLETED') await addAnswer(parts, stored, ended);
  const execution = await recordedEnd(parts, stored, ended);
  await withPatience([closeStream(parts, execution), letOthersCall(parts, ended)]);
  // Also where its end was stored before: whoever stored it may have died before anybody heard of the span.
  const span = executionSpan(execution, Date.now());
  if (span !== undefined) parts.traces.tell(span);
}

/** As `storeEnd`; the end is measured once, also where somebody else stores it at this moment. */
async function recordedEnd(
  parts: ActivityParts,
  stored: AgentExecution | undefined,
  ended: ExecutionEnd,
): Promise<AgentExecution> {
  const { execution, isNews } = await storeEnd(parts, stored, ended);
  if (!isNews) return execution;
  logEnd(parts, execution);
  parts.metrics.executionEnded(execution);
  parts.metrics.attemptsLost(execution.agentId, lostIn(execution.attempts) - lostIn(stored?.attempts ?? []));
  return execution;
}

/** One that did not come out well is news. */
function logEnd({ logger }: ActivityParts, execution: AgentExecution): void {
  const { id: executionId, tokenId, agentId, status, errorCode: code } = execution;
  const facts = { executionId, tokenId, agentId, status, code };
  if (status === 'COMPLETED' || status === 'CANCELLED') logger.debug(facts, 'an execution has ended');
  else logger.info(facts, 'an execution did not complete');
}

async function storeEnd(
  { storage }: ActivityParts,
  stored: AgentExecution | undefined,
  ended: ExecutionEnd,
): Promise<EndedExecution> {
  // Without usage no turn was finished.
  const finishedTurns = ended.usage === undefined ? 0 : ended.turn;
  const noted = withFinishedTurns(stored?.attempts ?? [], finishedTurns).map((one) => closedAttempt(one, ended));
  const attempts = stored === undefined ? noted : await withItsTurns(storage, { ...stored, attempts: noted }, ended);
  const output = outputOf({ ...ended, text: ended.response ?? '' });
  return await storage.executions.end(ended.executionId, {
    status: ended.status,
    completedAt: ended.completedAt,
    turn: ended.turn,
    attempts,
    ...(ended.response === undefined ? {} : { finalResponse: ended.response }),
    ...(output === undefined ? {} : { output }),
    ...(ended.warnings === undefined ? {} : { warnings: ended.warnings }),
    ...(ended.usage === undefined ? {} : { usage: ended.usage }),
    ...(ended.errorCode === undefined ? {} : { errorCode: ended.errorCode }),
    ...(ended.errorMessage === undefined ? {} : { errorMessage: ended.errorMessage }),
  });
}

/** All turns of an execution that completed: where storage was away for as long as one took, nothing of that one was noted. */
async function withItsTurns(
  storage: ActivityParts['storage'],
  { agentId, agentVersion, attempts }: AgentExecution,
  { status, turn, completedAt }: ExecutionEnd,
): Promise<AgentExecution['attempts']> {
  if (status !== 'COMPLETED') return attempts;
  const completed = new Set(attempts.filter(({ outcome }) => outcome === 'completed').map((one) => one.turn));
  if (completed.size >= turn) return attempts;
  const [agent] = await storage.agents.getManyEver([{ id: agentId, version: agentVersion }]);
  const last = attempts.at(-1);
  const provider = last?.provider ?? agent?.llmProvider.type;
  const model = last?.model ?? agent?.llmProvider.model;
  if (provider === undefined || model === undefined) return attempts;
  return withUnnotedTurns(attempts, turn, { provider, model, startedAt: completedAt });
}

/** What is recorded by somebody else than the execution itself may be meant for another one of the same id. */
function isMeant(stored: AgentExecution | undefined, only: ExecutionEnd['only'] = {}): boolean {
  const { tokenId = stored?.tokenId, status = stored?.status } = only;
  return stored?.tokenId === tokenId && stored?.status === status;
}

/** An attempt that still counts as running when its execution has ended was cut off: cancelled with it, or lost. */
function closedAttempt(attempt: ModelAttempt, { status }: ExecutionEnd): ModelAttempt {
  if (attempt.outcome !== 'running') return attempt;
  return { ...attempt, outcome: status === 'CANCELLED' ? 'cancelled' : 'lost' };
}

async function addAnswer(parts: ActivityParts, execution: AgentExecution, ended: ExecutionEnd): Promise<void> {
  const { executionId, turn, response = '', completedAt: timestamp } = ended;
  const answer: Message = { role: 'assistant', content: response, timestamp, executionId, turn };
  await appendMessages(parts, execution.conversationId, () => [answer]);
}

async function closeStream({ closeStream: close, logger }: ActivityParts, execution: AgentExecution): Promise<void> {
  await close(execution).catch((error: unknown) => {
    logger.warn({ executionId: execution.id, err: error }, 'the stream could not be closed yet; the sweep will');
  });
}

/** One that was cut off while its provider had asked for patience holds its call: those that ask the same would wait as long. */
async function letOthersCall({ storage, logger }: ActivityParts, { executionId, status }: ExecutionEnd): Promise<void> {
  if (status === 'COMPLETED') return;
  await storage.answerCache.releaseOf(executionId).catch((error: unknown) => {
    logger.warn({ executionId, err: error }, 'its call is not free yet for those that ask the same; it will be');
  });
}

async function withPatience(closing: readonly Promise<void>[]): Promise<void> {
  await Promise.race([Promise.all(closing), delay(PATIENCE_MS, undefined, { ref: false })]);
}
