import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';

import { BATCH_COLLECTOR, MODEL_BATCH } from '../contract/batches.js';
import { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../contract/messages.js';
import { shortened } from '../core/json/shortened.js';
import type { PayloadKey } from '../core/payload-keys.js';
import { payloadEncryption, workerDataConverter } from '../temporal/data-converter.js';
import { isEncrypted, type PayloadEncryption } from '../temporal/payload-encryption.js';
import { runningQuery, runsOf } from '../temporal/running-workflows.js';
import type { RunOfWorkflow } from '../temporal/worker-builds.js';
import { preparedCode } from './workflow-code.js';

const MOST_OF_A_REASON = 500;
/** Where the SDK says what differs, within what its native part printed of the failure. */
const DIFFERENCE = /message: "(\[TMPRL[^"]*)"/;
const NO_KEY = 'it is encrypted with a key that PAYLOAD_ENCRYPTION_KEYS does not have here';
const SILENT = { logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging: { forward: {} } } };

/** A run whose history this version's workflows do not repeat. */
export interface BrokenRun {
  readonly id: string;
  readonly runId: string;
  readonly reason: string;
}

type Kind = keyof typeof TYPES;

/** What became of the running workflows of one kind. */
export interface ReplayedKind {
  readonly kind: Kind;
  /** Of them all, as Temporal counts them. */
  readonly running: number;
  readonly replayed: number;
  readonly broken: readonly BrokenRun[];
}

/** A run whose history these workflows repeat. */
export interface RepeatedRun extends RunOfWorkflow {
  /** How many events of it were replayed. */
  readonly events: number;
}

export interface ReplayOptions {
  readonly client: Client;
  readonly taskQueuePrefix: string;
  readonly payloadKeys: readonly PayloadKey[];
  /** The workflows of this version. */
  readonly bundle: WorkflowBundleOption;
  /** Tokens and executions where nothing is said. */
  readonly kinds?: readonly Kind[];
  /** Of each kind, the newest; absent: all. */
  readonly most?: number;
  /** Which of those that run, as Temporal's list is searched; absent: all. */
  readonly which?: string;
  /** Called for each run that repeats itself, before the next one is looked at. */
  readonly onRepeated?: (run: RepeatedRun, kind: ReplayedKind['kind']) => Promise<void>;
}

const TYPES = {
  tokens: [TOKEN_LIFECYCLE],
  executions: [AGENT_EXECUTION],
  batches: [BATCH_COLLECTOR, MODEL_BATCH],
} as const;

/** The SDK prints what it replays, unless it is silent from the start. What that loads keeps the process alive until it is closed. */
export function silenceReplays(): { close(): Promise<void> } {
  Runtime.install(SILENT);
  return { close: () => Runtime.instance().shutdown() };
}

/**
 * Replays what running tokens, executions or batches have lived so far with the workflows of this version, one after the other: one history is in
 * memory at a time. Runs on nobody's task queue and changes nothing.
 */
export async function replayRunning(options: ReplayOptions): Promise<readonly ReplayedKind[]> {
  const { client, payloadKeys, bundle, taskQueuePrefix, which, onRepeated } = options;
  const { kinds = ['tokens', 'executions'] } = options;
  const codec = new NotingCodec(payloadEncryption(payloadKeys));
  const worker = {
    workflowBundle: await preparedCode(bundle, { encodesFailures: payloadKeys.length > 0, hasBuild: false }),
    dataConverter: { ...workerDataConverter(payloadKeys), payloadCodecs: [codec] },
  };
  const found: ReplayedKind[] = [];
  for (const kind of kinds) {
    const query = runningQuery(taskQueuePrefix, TYPES[kind], which);
    const { count } = await client.workflow.count(query);
    const broken: BrokenRun[] = [];
    let replayed = 0;
    const looked = new Map<string, RepeatedRun>();
    for await (const result of Worker.runReplayHistories(worker, histories(options, query, looked))) {
      const { workflowId, runId, error } = result;
      const run = looked.get(workflowId);
      looked.delete(workflowId);
      replayed += 1;
      const lacksKey = codec.tookUnreadable();
      if (error !== undefined) broken.push({ id: workflowId, runId, reason: lacksKey ? NO_KEY : reasonOf(error) });
      // By the run that the server has listed: a history that was reset tells of the one before.
      else if (run !== undefined) await onRepeated?.(run, kind);
    }
    found.push({ kind, running: Math.max(count, replayed), replayed, broken });
  }
  return found;
}

/** Of the newest runs. One whose history is gone by now needs none. */
async function* histories(
  { client, most = Infinity }: ReplayOptions,
  query: string,
  looked: Map<string, RepeatedRun>,
): AsyncGenerator<{ workflowId: string; history: History }> {
  let left = most;
  for await (const { workflowId, runId } of runsOf(client, query)) {
    if (left === 0) return;
    left -= 1;
    try {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      looked.set(workflowId, { workflowId, runId, events: history.events?.length ?? 0 });
      yield { workflowId, history };
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}

function reasonOf({ message }: Error): string {
  const [line = ''] = message.split('\n', 1);
  return shortened(DIFFERENCE.exec(message)?.[1] ?? line, MOST_OF_A_REASON);
}

/** Decrypts as a worker does, and remembers whether it could. */
class NotingCodec implements PayloadCodec {
  readonly #encryption: PayloadEncryption | undefined;
  #hasUnreadable = false;

  constructor(encryption: PayloadEncryption | undefined) {
    this.#encryption = encryption;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return this.#encryption?.encode(payloads) ?? Promise.resolve(payloads);
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    const encryption = this.#encryption;
    this.#hasUnreadable ||= payloads.some((one) => isEncrypted(one) && encryption?.open(one) === undefined);
    return encryption?.decode(payloads) ?? Promise.resolve(payloads);
  }

  /** Since it was asked last. */
  tookUnreadable(): boolean {
    const had = this.#hasUnreadable;
    this.#hasUnreadable = false;
    return had;
  }
}
