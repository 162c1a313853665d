import { setTimeout as delay } from 'node:timers/promises';

import {
  isEnded,
  type AgentExecution,
  type ExecutionRequest,
  type ExecutionResult,
} from '../core/executions/execution.js';
import { withFinishedTurns } from '../core/executions/attempts-over.js';
import { pendingExecution } from '../core/executions/pending-execution.js';
import type { Token } from '../core/tokens/token.js';
import { settledToken, type SettlingParts } from '../operations/settle-token.js';
import type { Storage } from '../storage/storage.js';

export interface CrashParts extends SettlingParts {
  readonly storage: Pick<Storage, 'executions' | 'tokens'>;
  /** What Temporal has of tokens and executions. */
  readonly kept: {
    tokenIds(endedSince: string): AsyncIterable<string>;
    tokenOf(id: string): Promise<Kept | undefined>;
    executionIds(endedSince: string): AsyncIterable<string>;
    executionOf(id: string): Promise<KeptExecution | undefined>;
  };
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  readonly logger: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
  /** A record of something that happens at this moment is stored by then. */
  readonly patienceMs: number;
  /** Aborted when the process ends. */
  readonly signal: AbortSignal;
}

interface Kept {
  readonly token: Token;
  readonly runId: string;
  readonly request: string | undefined;
}

interface KeptExecution {
  readonly request: ExecutionRequest;
  readonly startedAt: string;
  readonly result?: ExecutionResult;
}

/** What ended before that was recorded long before the crash. */
const LOOK_BACK_MS = 3_600_000;
const PAGE = 20;
const AT_ONCE = 10;

/**
 * Storage and Temporal write their own logs, and a crash may take the end of either. Compares them token by token, brings storage up to
 * what Temporal has, and says each time what was lost: nothing is said where nothing was. What only storage had, agents and the audit,
 * nobody else knows of.
 */
export async function settleAfterCrash(parts: CrashParts): Promise<void> {
  const { storage, kept, logger } = parts;
  const endedSince = new Date(Date.parse(parts.now()) - LOOK_BACK_MS).toISOString();
  const tokens = new Comparison(parts, (id) => differs(parts, id));
  // First, so that a viewer who waits for an answer has it.
  const executions = new Comparison(parts, (id) => isExecutionLost(parts, id));
  await executions.all(kept.executionIds(endedSince));
  await tokens.all(kept.tokenIds(endedSince));
  await tokens.all(activeTokens(storage.tokens));
  const compared = {
    tokens: tokens.seen,
    executions: executions.seen,
    differing: tokens.differing + executions.differing,
  };
  logger.info(compared, 'the last process was killed: what is stored was compared with what Temporal has');
}

/** Looks at each id once; what cannot be compared is said. */
class Comparison {
  readonly #parts: Pick<CrashParts, 'logger' | 'signal'>;
  readonly #differs: (id: string) => Promise<boolean>;
  readonly #seen = new Set<string>();
  differing = 0;

  constructor(parts: Pick<CrashParts, 'logger' | 'signal'>, differs: (id: string) => Promise<boolean>) {
    [this.#parts, this.#differs] = [parts, differs];
  }

  get seen(): number {
    return this.#seen.size;
  }

  async all(ids: AsyncIterable<string>): Promise<void> {
    let together: Promise<void>[] = [];
    for await (const id of ids) {
      this.#parts.signal.throwIfAborted();
      if (this.#seen.has(id)) continue;
      this.#seen.add(id);
      together.push(this.#compare(id));
      if (together.length < AT_ONCE) continue;
      await Promise.all(together);
      together = [];
    }
    await Promise.all(together);
  }

  async #compare(id: string): Promise<void> {
    const { logger, signal } = this.#parts;
    try {
      if (await this.#differs(id)) this.differing += 1;
    } catch (error) {
      // The process ends: the next start compares again.
      if (signal.aborted) return;
      logger.warn({ id, err: error }, `"${id}" could not be compared with what Temporal has after the crash`);
    }
  }
}

/** Whether they differed, which was said. */
async function differs(parts: CrashParts, id: string): Promise<boolean> {
  const { storage, kept, logger } = parts;
  // Before Temporal is asked: of the two, it is always the first to know.
  const stored = await storage.tokens.get(id);
  const live = await kept.tokenOf(id);
  if (live === undefined) return await isForgotten(parts, id, stored);
  if (stored !== undefined && stored.version > live.token.version) return await isSetBack(parts, stored);
  if (!isBehind(stored, live)) return false;
  await delay(parts.patienceMs, undefined, { signal: parts.signal, ref: false });
  const later = await storage.tokens.get(id);
  if (!isBehind(later, live)) return false;
  const before = await storage.tokens.originOf(id);
  const { token, runId, request } = live;
  const record = { token, runId, events: [], executions: [], ...(request === undefined ? {} : { request }) };
  // Refused: it was deleted, and is not to come back.
  if ((await storage.tokens.record(record, before?.runId)) === undefined) return false;
  logger.warn(
    { tokenId: id, storage: later === undefined ? 'not there' : placeOf(later), temporal: placeOf(token) },
    `token "${id}" was lost or set back in storage by the crash, and is there again as Temporal has it; events of its last changes are missing`,
  );
  return true;
}

/** What was recorded and not acknowledged yet is decided again in a moment, where its sender asks again. */
async function isSetBack({ kept, patienceMs, signal, logger }: CrashParts, stored: Token): Promise<boolean> {
  await delay(patienceMs, undefined, { signal, ref: false });
  const live = await kept.tokenOf(stored.id);
  if (live === undefined || live.token.version >= stored.version) return false;
  logger.warn(
    { tokenId: stored.id, storage: placeOf(stored), temporal: placeOf(live.token) },
    `token "${stored.id}" is set back by the crash: storage has changes that Temporal has not. Make those again that were acknowledged`,
  );
  return true;
}

function isBehind(stored: Token | undefined, live: Kept): boolean {
  return stored === undefined || stored.version < live.token.version;
}

async function isForgotten(parts: CrashParts, id: string, stored: Token | undefined): Promise<boolean> {
  if (stored?.status !== 'ACTIVE') return false;
  const settled = await settledToken(parts, id);
  if (settled?.status !== 'TERMINATED') return false;
  const message = `token "${id}" was lost by the crash: Temporal does not know it, so it is TERMINATED. Create it anew where it is needed`;
  parts.logger.warn({ tokenId: id, storage: placeOf(stored) }, message);
  return true;
}

function placeOf({ place, status, version }: Token): string {
  return `${status} in ${place}, version ${version}`;
}

/** Whether storage has lost it, or how it ended, which was said. */
async function isExecutionLost(parts: CrashParts, id: string): Promise<boolean> {
  const { storage, kept, closeStream, logger, signal } = parts;
  // Before storage is asked: an end is stored before it is one.
  const live = await kept.executionOf(id);
  const stored = live === undefined ? undefined : await storage.executions.get(id);
  if (live === undefined || (stored !== undefined && (live.result === undefined || isEnded(stored.status))))
    return false;
  const { request, startedAt, result } = live;
  if (stored === undefined && result === undefined) {
    // It may have been started at this moment, by a client of Temporal.
    await delay(parts.patienceMs, undefined, { signal, ref: false });
    if ((await storage.executions.get(id)) !== undefined) return false;
  }
  const there = stored ?? (await storage.executions.create(pendingExecution(request, startedAt), 'temporal'));
  if (result === undefined) {
    logger.warn({ executionId: id }, `execution "${id}" was lost in storage by the crash, and is there again`);
    return true;
  }
  const ended = await storage.executions.update(id, {
    status: 'COMPLETED',
    completedAt: result.timestamp,
    agentVersion: result.agentVersion,
    attempts: withFinishedTurns(there.attempts, there.attempts.at(-1)?.turn ?? 0),
    finalResponse: result.response,
    usage: result.usage,
    ...(result.output === undefined ? {} : { output: result.output }),
  });
  await closeStream(ended);
  const message = `the answer of execution "${id}" was lost in storage by the crash, and is there again; its attempts may be missing`;
  logger.warn({ executionId: id }, message);
  return true;
}

async function* activeTokens(tokens: Pick<Storage['tokens'], 'list'>): AsyncGenerator<string> {
  let after: string | undefined;
  do {
    const page = await tokens.list({ status: 'ACTIVE' }, { first: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page.items.map(({ item }) => item.id);
    after = page.hasNextPage ? page.items.at(-1)?.cursor : undefined;
  } while (after !== undefined);
}
