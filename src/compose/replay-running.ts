import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';

import { AGENT_EXECUTION, TOKEN_LIFECYCLE, taskQueues } from '../contract/messages.js';
import { shortened } from '../core/json/shortened.js';
import type { PayloadKey } from '../core/payload-keys.js';
import { payloadEncryption, workerDataConverter } from '../temporal/data-converter.js';
import { isEncrypted, type PayloadEncryption } from '../temporal/payload-encryption.js';
import { workflowCode } from './workflow-code.js';

const PAGE = 100;
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

/** What became of the running workflows of one type. */
export interface ReplayedKind {
  readonly kind: 'tokens' | 'executions';
  /** Of them all, as Temporal counts them. */
  readonly running: number;
  readonly replayed: number;
  readonly broken: readonly BrokenRun[];
}

interface ReplayOptions {
  readonly client: Client;
  readonly taskQueuePrefix: string;
  readonly payloadKeys: readonly PayloadKey[];
  /** Of each kind, the newest. */
  readonly most: number;
  readonly logger: Logger;
}

const KINDS = [
  { kind: 'tokens', type: TOKEN_LIFECYCLE },
  { kind: 'executions', type: AGENT_EXECUTION },
] as const;

/**
 * Replays what running tokens and executions have lived so far with the workflows of this version, one after the other: one history is in
 * memory at a time. Runs on nobody's task queue and changes nothing.
 */
export async function replayRunning(options: ReplayOptions): Promise<readonly ReplayedKind[]> {
  const { payloadKeys, logger } = options;
  Runtime.install(SILENT);
  const codec = new NotingCodec(payloadEncryption(payloadKeys));
  const worker = {
    workflowBundle: await workflowCode(logger, { encodesFailures: payloadKeys.length > 0 }),
    dataConverter: { ...workerDataConverter(payloadKeys), payloadCodecs: [codec] },
  };
  const kinds: ReplayedKind[] = [];
  for (const { kind, type } of KINDS) {
    const query = `WorkflowType = "${type}" AND TaskQueue = "${taskQueues(options.taskQueuePrefix).main}" AND ExecutionStatus = "Running"`;
    const { count } = await options.client.workflow.count(query);
    const broken: BrokenRun[] = [];
    let replayed = 0;
    for await (const { workflowId, runId, error } of Worker.runReplayHistories(worker, histories(options, query))) {
      replayed += 1;
      const lacksKey = codec.tookUnreadable();
      if (error !== undefined) broken.push({ id: workflowId, runId, reason: lacksKey ? NO_KEY : reasonOf(error) });
    }
    kinds.push({ kind, running: Math.max(count, replayed), replayed, broken });
  }
  return kinds;
}

/** Of the newest runs. One whose history is gone by now needs none. */
async function* histories(
  { client, most }: ReplayOptions,
  query: string,
): AsyncGenerator<{ workflowId: string; history: History }> {
  let left = most;
  for await (const { workflowId, runId } of runsOf(client, query)) {
    if (left === 0) return;
    left -= 1;
    try {
      yield { workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}

/** As the server lists them, the newest first. The client's own list decrypts memos, and fails where a key is missing. */
async function* runsOf(client: Client, query: string): AsyncGenerator<{ workflowId: string; runId: string }> {
  const { namespace } = client.options;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const request = { namespace, query, pageSize: PAGE, nextPageToken };
    const page = await client.workflowService.listWorkflowExecutions(request);
    for (const { execution } of page.executions) {
      yield { workflowId: execution?.workflowId ?? '', runId: execution?.runId ?? '' };
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
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
