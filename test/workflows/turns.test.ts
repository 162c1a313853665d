import { fileURLToPath } from 'node:url';

import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

import { WORKFLOW_BUNDLER } from '../../src/compose/workflow-bundler.js';
import { aDefinition, anAgentTransition, aPlaceAgent, aTransition } from '../support/builders.js';
import { cancelled, PartedTasks, signal, update, type Job, type Play, type Played } from '../support/parted-tasks.js';
import { FINISH } from '../support/scripted-model.js';
import { seeded } from '../support/seeded.js';

const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const ACTIVITIES = [
  ...['loadDefinition', 'reloadDefinition', 'recordToken', 'recordExecution', 'adoptExecution'],
  ...['prepareAgent', 'continueWithResults', 'continueConversation', 'recordApproval'],
  ...['invokeModel', 'runTool', 'checkArguments'],
];
const STOPS = ['a', 'b', 'c'];
/** Each is another way in which queries part the tasks, tasks and workers are lost, and activities end. */
const WAYS = 12;

/** From place `a` round to `a`: nothing that Temporal shows of the token changes. */
const circle = {
  places: [...STOPS, 'done'],
  initialPlace: 'a',
  transitions: [
    ...STOPS.map((stop, index) =>
      aTransition({
        id: `leave-${stop}`,
        fromPlaces: [stop],
        toPlace: STOPS[(index + 1) % STOPS.length] ?? '',
        trigger: index === 0 ? 'manual' : 'automatic',
      }),
    ),
    aTransition({ id: 'finish', fromPlaces: ['a'], toPlace: 'done' }),
    aTransition({ id: 'review', fromPlaces: ['a'], toPlace: 'b', agentExecution: anAgentTransition() }),
  ],
};
const definition = aDefinition(circle);
const watched = aDefinition({
  ...circle,
  placeAgents: [
    aPlaceAgent({ id: 'one', placeId: 'a', schedule: { initialDelaySeconds: 1, intervalSeconds: 2 } }),
    aPlaceAgent({ id: 'two', placeId: 'a', schedule: { initialDelaySeconds: 1 } }),
  ],
});

type Arrival = (id: string, random: () => number) => Job;

const fired: Arrival = (idempotencyKey) => signal('fireTransition', { transitionId: 'leave-a', idempotencyKey });
const firedTwice: Arrival = () => signal('fireTransition', { transitionId: 'leave-a', idempotencyKey: 'once' });
const reviewed: Arrival = (idempotencyKey) => signal('fireTransition', { transitionId: 'review', idempotencyKey });
const updated: Arrival = (id) => update('updateToken', id, { data: { id } });
const asked: Arrival = (id) => update('fire', id, { transitionId: 'leave-a', idempotencyKey: id });
const told: Arrival = () => signal('placeAgentsChanged', {});
const garbage: Arrival = () => signal('fireTransition', { nothing: true });
const finished: Arrival = () => signal('fireTransition', { transitionId: 'finish' });
const ended: Arrival = () => cancelled;

function oneOf(...arrivals: readonly Arrival[]): Arrival {
  return (id, random) => (arrivals[Math.floor(random() * arrivals.length)] ?? fired)(id, random);
}

function rarely(rare: Arrival, usual: Arrival): Arrival {
  return (id, random) => (random() < 0.15 ? rare : usual)(id, random);
}

describe(
  'a workflow whose tasks are parted and lost takes the same way when it is replayed',
  { tags: 'in-turn' },
  () => {
    let tasks: PartedTasks;
    beforeAll(async () => {
      const logger = new DefaultLogger('ERROR');
      const bundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger, ...WORKFLOW_BUNDLER });
      tasks = await PartedTasks.of(bundle, ACTIVITIES);
    });

    interface Outcome {
      readonly failures: readonly string[];
      readonly lives: readonly Played[];
    }

    /** What became of each way. */
    async function outcomes(playOf: (random: () => number) => Play): Promise<Outcome> {
      const failures: string[] = [];
      const lives: Played[] = [];
      for (let way = 0; way < WAYS; way += 1) {
        try {
          lives.push(await tasks.playAndReplay(playOf(seeded(way))));
        } catch (error) {
          failures.push(`${way}: ${String(error)}`);
        }
      }
      return { failures, lives };
    }

    function sent(random: () => number, arrival: Arrival, most = 3): readonly (readonly Job[])[] {
      return Array.from({ length: 8 }, (_task, task) =>
        Array.from({ length: Math.floor(random() * most) }, (_one, index) => arrival(`${task}-${index}`, random)),
      );
    }

    interface TokenPlay {
      readonly isAway?: boolean;
      readonly refuses?: boolean;
      readonly definition?: typeof definition;
      readonly suggestsEnd?: boolean;
      readonly most?: number;
    }

    function token(arrival: Arrival, options: TokenPlay = {}): (random: () => number) => Play {
      return (random) => {
        const perform = (type: string, isLocal: boolean): unknown => {
          const known = options.definition ?? definition;
          if (options.isAway === true && isLocal && random() < 0.3)
            throw ApplicationFailure.retryable('Storage is away.', 'UNAVAILABLE');
          if (type === 'loadDefinition') return { definition: known, executionTimeoutSeconds: 10, runId: 'r' };
          if (options.refuses === true && type === 'recordToken' && random() < 0.2)
            throw ApplicationFailure.nonRetryable('Not this.', 'VALIDATION_FAILED');
          return type === 'reloadDefinition' ? known : {};
        };
        return {
          ...{ workflowType: 'tokenLifecycle', workflowId: 'parted', start: { workflowId: 'circle' }, random, perform },
          arrivals: sent(random, arrival, options.most),
          outcomeOfChild: (executionId) => {
            if (random() < 0.3) throw ApplicationFailure.nonRetryable('No.', 'auth');
            const usage = FINISH.usage;
            return {
              executionId,
              agentId: 'reviewer',
              agentVersion: 1,
              model: 'm',
              response: 'x',
              usage,
              timestamp: '2026-11-23T05:00:00.000Z',
            };
          },
          ...(options.suggestsEnd === true ? { suggestsEndAt: 10 + Math.floor(random() * 40) } : {}),
        };
      };
    }

    const anything = oneOf(fired, updated, asked, told, reviewed, firedTwice, garbage);

    it.each<[string, (random: () => number) => Play]>([
      ['whatever is signalled', token(fired)],
      ['whatever is signalled and updated', token(oneOf(fired, updated, asked))],
      ['also where the token ends by it', token(rarely(finished, oneOf(fired, updated)))],
      ['also where agents run', token(oneOf(fired, updated, reviewed))],
      ['also where agents of places run', token(oneOf(fired, updated), { definition: watched })],
      ['also where storage takes some records at the second try only', token(anything, { isAway: true })],
      ['also where storage refuses some records', token(anything, { refuses: true, isAway: true })],
      ['also where it is cancelled', token(rarely(ended, anything), { isAway: true })],
      ['also of many messages at once', token(oneOf(fired, updated), { most: 40 })],
    ])('%s', async (_what, play) => {
      const { failures, lives } = await outcomes(play);
      expect(failures).toEqual([]);
      // Else it has shown nothing.
      expect(lives.reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThan(0);
    });

    it('also where the run ends, and loses nothing of what has arrived', async () => {
      const { failures, lives } = await outcomes(token(fired, { suggestsEnd: true, most: 6 }));
      expect(failures).toEqual([]);
      const ends = lives.filter(({ continued }) => continued !== undefined);
      expect(ends.length).toBeGreaterThan(0);
      for (const { tasks: lived, continued } of ends) {
        const signals = lived
          .flatMap(({ arrived }) => arrived)
          .filter((one) => !('of' in one) && one.signalWorkflow != null);
        expect(continued?.[1]).toMatchObject({ token: { transitionCount: 3 * signals.length } });
      }
    });

    it('also where all of that happens', async () => {
      const play = token(rarely(oneOf(ended, finished), anything), {
        isAway: true,
        definition: watched,
        suggestsEnd: true,
      });
      expect((await outcomes(play)).failures).toEqual([]);
    });

    /** Two calls, which a person is asked about, then an answer. */
    function execution(arrival: Arrival, { isAway = false } = {}): (random: () => number) => Play {
      return (random) => {
        let turn = 0;
        const call = (id: string) => ({ id, name: 'lookup', arguments: {} });
        const perform = (type: string, isLocal: boolean): unknown => {
          if (isAway && isLocal && random() < 0.3)
            throw ApplicationFailure.retryable('Storage is away.', 'UNAVAILABLE');
          switch (type) {
            case 'prepareAgent':
              return {
                ...{
                  agentId: 'asker',
                  agentVersion: 1,
                  provider: 'mock',
                  model: 'm',
                  conversationId: 'c',
                  messageCount: 1,
                },
                ...{
                  maxTurns: 4,
                  maxToolCalls: 10,
                  tools: ['lookup'],
                  timeoutSeconds: 30,
                  approvalRequired: ['lookup'],
                },
                ...{
                  approvalTimeoutSeconds: 60,
                  deadlineSeconds: 100,
                  keepsDeadline: true,
                  retry: { maximumAttempts: 1 },
                },
              };
            case 'invokeModel': {
              turn += 1;
              const answer = { text: 'x', model: 'm', usage: FINISH.usage, stopReason: 'stop', warnings: [] };
              if (turn > 2) return { ...answer, toolCalls: [] };
              return { ...answer, toolCalls: [call(`a${turn}`), call(`b${turn}`)], stopReason: 'tool_calls' };
            }
            case 'runTool':
              return random() < 0.6 ? { needsApproval: true } : {};
            case 'checkArguments':
              return random() < 0.2 ? { problem: 'no' } : {};
            default:
              return 3;
          }
        };
        const start = { executionId: 'executed', agentId: 'asker', input: 'x' };
        const arrivals = Array.from({ length: 24 }, (_task, task) =>
          Array.from({ length: Math.floor(random() * 3) }, (_one, index) => arrival(`${task}-${index}`, random)),
        );
        return { workflowType: 'agentExecution', workflowId: 'executed', start, arrivals, perform, random };
      };
    }

    const answered: Arrival = (id, random) => {
      const toolCallId = `${random() < 0.5 ? 'a' : 'b'}${random() < 0.5 ? 1 : 2}`;
      if (random() < 0.3)
        return update('rejectToolCall', id, { toolCallId, ...(random() < 0.2 ? { stop: true } : {}) });
      return update('approveToolCall', id, { toolCallId, ...(random() < 0.3 ? { arguments: { id } } : {}) });
    };

    it.each<[string, (random: () => number) => Play]>([
      ['an execution that people are asked about', execution(answered)],
      [
        'an execution that is cancelled meanwhile',
        execution((id, random) => (random() < 0.03 ? cancelled : answered(id, random))),
      ],
      ['an execution whose storage takes some records at the second try only', execution(answered, { isAway: true })],
    ])('%s', async (_what, play) => {
      expect((await outcomes(play)).failures).toEqual([]);
    });
  },
);
