import { hostname } from 'node:os';

import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor, ActivityInterceptorsFactory } from '@temporalio/worker';

import type { GoneWorker, WorkerPresence } from '../storage/worker-presence.js';
import type { ProcessParts } from './run-process.js';

/** Temporal takes a failure whose next retry is due in 0 ms for one that has no next retry. */
const SHORTEST_RETRY_MS = 1;
/** Of one worker's calls, how many are ended side by side. */
const AT_ONCE = 20;

/** This worker among those that share its storage. */
export interface JoinedWorkers {
  /** An activity is under way here, or is waited for. Returns the function that says that it no longer is. */
  readonly began: (taskToken: Uint8Array) => () => void;
  /** `mayRepeat`: a tool that is not to be called twice is left to whoever calls it, for as long as its heartbeat says that it lives. */
  readonly interceptor: (mayRepeat: (tool: string) => boolean) => ActivityInterceptorsFactory;
}

/**
 * Tells other workers what this one is at, and ends, for Temporal, the attempts of one that is gone: they are made again at once,
 * and not only when its heartbeats are missed. The token of an attempt ends that one alone. Where there is one process only, nobody is told.
 */
export function joinWorkers(
  { logger, resources }: Pick<ProcessParts, 'logger' | 'resources'>,
  presence: WorkerPresence | undefined,
  completion: Pick<Client['activity'], 'fail'>,
): JoinedWorkers {
  const onGone = ({ name, calls }: GoneWorker) => {
    logger.warn(
      { worker: name, calls: calls.length },
      'a worker is gone without a word: what it was at is begun again',
    );
    void endAll(name, calls);
  };
  const endAll = async (name: string, calls: readonly string[]) => {
    const left = [...calls];
    const endSome = async () => {
      for (let call = left.pop(); call !== undefined; call = left.pop()) {
        // Where it is over, or Temporal cannot be reached, the heartbeats that are missed say the same.
        await completion.fail(Buffer.from(call, 'base64'), lost(name)).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, endSome));
  };
  const worker = presence?.join({ name: `${process.pid}@${hostname()}`, onGone });
  if (worker !== undefined) resources.add('its place among the workers', () => worker.leave());
  const began: JoinedWorkers['began'] = (taskToken) =>
    worker?.began(Buffer.from(taskToken).toString('base64')) ?? (() => undefined);
  const interceptor: JoinedWorkers['interceptor'] =
    (mayRepeat) =>
    ({ info }) => {
      if (info.isLocal) return {};
      const isTold = (args: readonly unknown[]) => info.activityType !== 'runTool' || mayRepeat(toolOf(args));
      return { inbound: watched((args) => (isTold(args) ? began(info.taskToken) : () => undefined)) };
    };
  return { began, interceptor };
}

function watched(begin: (args: readonly unknown[]) => () => void): ActivityInboundCallsInterceptor {
  return {
    execute: async (input, next) => {
      const end = begin(input.args);
      try {
        return await next(input);
      } finally {
        end();
      }
    },
  };
}

function toolOf([run]: readonly unknown[]): string {
  return typeof run === 'object' && run !== null && 'tool' in run ? String(run.tool) : '';
}

function lost(name: string): ApplicationFailure {
  const message = `Its worker ${name} is gone: another one makes the next attempt.`;
  return ApplicationFailure.create({ message, type: 'worker_lost', nextRetryDelay: SHORTEST_RETRY_MS });
}
