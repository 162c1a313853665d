import { exitWhenUnread } from '../../compose/end-request.js';
import { openReconciliation } from '../../compose/open-reconciliation.js';
import { runProcess, type ProcessParts } from '../../compose/run-process.js';
import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { readDateTime } from '../../core/json/date-time.js';
import { visibleJsonLine, visibleText } from '../../core/json/visible-text.js';
import { lostMessage } from '../../reconcile/disagreement.js';
import { inWords } from '../../reconcile/finding-words.js';
import {
  reconcile as reconcileAll,
  type Finding,
  type Outcome,
  type ReconcileOptions,
  type ReconcileSummary,
  type Reported,
} from '../../reconcile/reconcile.js';
import type { CommandRequest } from '../command.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { sayNowAndThen } from '../progress.js';
import { sayFault, sayMisuse } from '../say-fault.js';

/** After so many that could not be compared something is wrong with all of them. */
const MOST_FAILURES = 100;

/** Says where storage and Temporal disagree, token by token, and sets it right unless it is only to be looked at. */
export async function reconcile({ flags, options }: CommandRequest): Promise<void> {
  exitWhenUnread();
  const since = options['since'] === undefined ? undefined : readDateTime(options['since']);
  if (options['since'] !== undefined && since === undefined) {
    sayMisuse('reconcile', 'since must be a time like 2027-01-31T00:00:00Z.');
    return;
  }
  const { workflow: workflowId } = options;
  const wanted = {
    isDryRun: flags.has('dry-run'),
    isNamespaceLost: flags.has('namespace-lost'),
    ...(since === undefined ? {} : { since }),
    ...(workflowId === undefined ? {} : { workflowId }),
  };
  const speak = flags.has('json') ? asJson : inLines;
  await runProcess(
    async (parts) => {
      try {
        await run(parts, wanted, speak(parts, wanted));
      } catch (error) {
        if (!(error instanceof CircuitBreakerError) || parts.ending.aborted) throw error;
        sayFault(`${error.code}: ${error.message}`);
      }
    },
    { isTask: true },
  );
}

interface Speaker {
  report(reported: Reported): void;
  failed(id: string, error: unknown): void;
  sum(summary: Summed): void;
}

interface Summed extends ReconcileSummary {
  readonly failed: number;
}

async function run(parts: ProcessParts, options: ReconcileOptions, speaker: Speaker): Promise<void> {
  const opened = await openReconciliation(parts, options);
  let failed = 0;
  const onFailure = (id: string, error: unknown): void => {
    failed += 1;
    if (failed > MOST_FAILURES) throw tooManyFailures(error);
    speaker.failed(id, error);
  };
  const say = sayNowAndThen((count) => `${count} tokens and executions compared so far`);
  let compared = 0;
  const onProgress = (count: number): void => {
    compared += count;
    say(compared);
  };
  const findings = reconcileAll({ ...opened, onFailure, onProgress }, options);
  let isWell = true;
  for (;;) {
    const next = await findings.next();
    if (next.done === true) {
      speaker.sum({ ...next.value, failed });
      if (next.value.lost !== undefined) sayFault(`NAMESPACE_LOST: ${lostMessage(next.value.lost)}`);
      else if (!isWell || failed > 0) process.exitCode = NOT_WELL;
      return;
    }
    isWell &&= next.value.outcome === 'done';
    speaker.report(next.value);
  }
}

function tooManyFailures(last: unknown): CircuitBreakerError {
  const message = [
    `More than ${MOST_FAILURES} could not be compared, so the rest is not tried. The last one: ${wordsOf(last)}`,
    'Living tokens are asked by a worker: circuit-breaker upgrade --check names builds that have none. Start what is missing, and compare again.',
  ];
  return new CircuitBreakerError('UNAVAILABLE', message.join(' '));
}

/** A line for each, and one with the counts. */
function inLines({ say }: ProcessParts, { isDryRun }: ReconcileOptions): Speaker {
  return {
    report: ({ finding, outcome }) => {
      const { storage, temporal } = inWords(finding);
      const { type, id, disagreement } = finding;
      const workflow = workflowOf(finding);
      const of = workflow === undefined ? '' : ` of ${workflow}`;
      const sides = `storage: ${storage}; Temporal: ${temporal}`;
      say(`${type} ${id}${of}: ${disagreement}; ${sides}; ${actionWords(finding, outcome)}`);
    },
    failed: (id, error) => {
      process.stderr.write(visibleText(`${id} could not be compared: ${wordsOf(error)}\n`));
    },
    sum: ({ tokens, executions, disagreements, done, failed }) => {
      const unread = failed === 0 ? '' : `, ${failed} could not be`;
      const compared = `${counted(tokens, 'token')} and ${counted(executions, 'execution')} compared${unread}`;
      const outcome = isDryRun ? 'Nothing was changed.' : `${done} set right.`;
      if (disagreements === 0) say(`${compared}: storage and Temporal agree.`);
      else say(`${compared}: ${counted(disagreements, 'disagreement')}. ${outcome}`);
    },
  };
}

/** A line of JSON for each, in which a terminal finds nothing to obey, and a last one with the counts. */
function asJson({ say }: ProcessParts, { isDryRun }: ReconcileOptions): Speaker {
  return {
    report: ({ finding, outcome }) => {
      const { type, id, disagreement, remedy } = finding;
      const said = inWords(finding);
      say(
        visibleJsonLine({ type, id, workflowId: workflowOf(finding) ?? null, disagreement, ...said, remedy, outcome }),
      );
    },
    failed: (id, error) => {
      say(visibleJsonLine({ type: 'failure', id, message: wordsOf(error) }));
    },
    sum: ({ lost, ...counts }) => {
      const refused = lost === undefined ? null : { code: 'NAMESPACE_LOST', message: lostMessage(lost) };
      say(visibleJsonLine({ type: 'summary', isDryRun, ...counts, refused }));
    },
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function workflowOf(finding: Finding): string | undefined {
  if (finding.type === 'execution') return finding.workflowId;
  const { stored, temporal } = finding;
  const token = stored ?? (temporal.type === 'kept' ? temporal.token : undefined);
  return token?.workflowId;
}

function actionWords({ type, disagreement, remedy }: Finding, outcome: Outcome): string {
  if (outcome === 'failed') return 'could not be set right';
  if (outcome === 'refused') return 'left as it is';
  if (remedy === 'leave') return disagreement === 'VERSION_MISSING' ? APPLY_AGAIN : GOES_ON;
  if (outcome === 'left') return 'left: it is not so any more';
  const [would, was] = ACTIONS[remedy];
  const thing = type === 'token' ? 'the token' : 'the execution';
  return outcome === 'found' ? `would ${would} ${thing}` : `${was} ${thing}`;
}

const APPLY_AGAIN = 'left: apply the folder that has this version of the workflow, or cancel the token';
const GOES_ON = 'left: it goes on from where Temporal has it. Make again what was acknowledged since';
const ACTIONS = {
  record: ['record what Temporal has of', 'recorded what Temporal has of'],
  terminate: ['make TERMINATED', 'made TERMINATED'],
  tell: ['have its place agents looked up by', 'had its place agents looked up by'],
} as const;
