import { activeTokens, mendToken, TokenComparison, type TokenFinding } from './compare-tokens.js';
import {
  ExecutionComparison,
  mendExecution,
  type ExecutionFinding,
  type ExecutionParts,
} from './compare-executions.js';
import { looksLost, lostMessage } from './disagreement.js';
import { inWords } from './finding-words.js';

export interface CrashParts extends Omit<ExecutionParts, 'onFailure'> {
  readonly logger: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
}

/** What ended before that was recorded long before the crash. */
const LOOK_BACK_MS = 3_600_000;

/**
 * Storage and Temporal write their own logs, and a crash may take the end of either. Compares them token by token, brings storage up to
 * what Temporal has, and says each time what was lost: nothing is said where nothing was. What only storage had, agents and the audit,
 * nobody else knows of. Ends no token where Temporal knows none of many: it may be another one.
 */
export async function settleAfterCrash(parts: CrashParts): Promise<void> {
  const { storage, kept, logger } = parts;
  const endedSince = new Date(Date.parse(parts.now()) - LOOK_BACK_MS).toISOString();
  let differing = 0;
  const onFailure = (id: string, error: unknown) => {
    logger.warn({ id, err: error }, `"${id}" could not be compared with what Temporal has after the crash`);
  };
  const comparing = { ...parts, onFailure };
  const executions = new ExecutionComparison(comparing);
  const tokens = new TokenComparison(comparing);
  const settle = async <Finding extends { readonly id: string }>(
    findings: AsyncIterable<Finding> | Iterable<Finding>,
    settleOne: (finding: Finding) => Promise<boolean>,
  ) => {
    for await (const finding of findings) {
      try {
        if (await settleOne(finding)) differing += 1;
      } catch (error) {
        if (parts.signal.aborted) throw error;
        onFailure(finding.id, error);
      }
    }
  };
  // First, so that a viewer who waits for an answer has it.
  await settle(executions.all(kept.executionIds(endedSince)), (found) => settleExecution(comparing, found));
  const unknown: TokenFinding[] = [];
  const settleKnown = async (found: TokenFinding): Promise<boolean> => {
    if (found.disagreement !== 'HISTORY_GONE') return await settleToken(comparing, found);
    unknown.push(found);
    return false;
  };
  await settle(tokens.all(kept.tokenIds(endedSince)), settleKnown);
  await settle(tokens.all(activeTokens(storage.tokens)), settleKnown);
  // A crash may well take the only token that there was, so that Temporal has nothing: many are needed for a doubt.
  if (looksLost({ known: tokens.known, unknown: unknown.length, hasOurs: true }))
    logger.warn({}, lostMessage(unknown.length));
  else await settle(unknown, (found) => settleToken(comparing, found));
  const compared = { tokens: tokens.seen, executions: executions.seen, differing };
  logger.info(compared, 'the last process was killed: what is stored was compared with what Temporal has');
}

type Settling = ExecutionParts & Pick<CrashParts, 'logger'>;

/** Whether there was anything to say, which was said. */
async function settleToken(parts: Settling, found: TokenFinding): Promise<boolean> {
  const { id, disagreement, remedy } = found;
  // What it needs besides was so before the crash: nothing is lost by it.
  if (disagreement === 'VERSION_MISSING') return false;
  const isDone = await mendToken(parts, found);
  if (disagreement === 'PLACE_AGENTS_DIFFER' || (!isDone && remedy !== 'leave')) return false;
  parts.logger.warn({ tokenId: id, ...inWords(found) }, `token "${id}" ${LOSSES[disagreement]}`);
  return true;
}

const LOSSES: Readonly<
  Record<Exclude<TokenFinding['disagreement'], 'VERSION_MISSING' | 'PLACE_AGENTS_DIFFER'>, string>
> = {
  LOST_IN_STORAGE:
    'was lost or set back in storage by the crash, and is there again as Temporal has it; events of its last changes are missing',
  BEHIND_IN_STORAGE:
    'was lost or set back in storage by the crash, and is there again as Temporal has it; events of its last changes are missing',
  BEHIND_IN_TEMPORAL:
    'is set back by the crash: storage has changes that Temporal has not. Make those again that were acknowledged',
  ENDED_FROM_OUTSIDE: 'is TERMINATED: its Temporal workflow was ended from outside',
  HISTORY_GONE:
    'was lost by the crash: Temporal does not know it, so it is TERMINATED. Create it anew where it is needed',
};

async function settleExecution(parts: Settling, found: ExecutionFinding): Promise<boolean> {
  const { id, disagreement } = found;
  if (!(await mendExecution(parts, found))) return false;
  const message =
    disagreement === 'LOST_IN_STORAGE'
      ? `execution "${id}" was lost in storage by the crash, and is there again`
      : disagreement === 'ANSWER_LOST'
        ? `the answer of execution "${id}" was lost in storage by the crash, and is there again; its attempts may be missing`
        : `execution "${id}" was ended from outside`;
  parts.logger.warn({ executionId: id }, message);
  return true;
}
