import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fireUpdate, tokenQuery, type FireAccepted } from '../../src/contract/messages.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { JsonObject } from '../../src/core/json/json.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { fails, replayToken, runWorkflow, type AgentAnswer } from '../../src/testing/index.js';
import { testedDefinition } from '../../src/testing/tested-definition.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { inParallel } from '../support/in-parallel.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const WORKFLOW = {
  id: 'review',
  name: 'Review',
  places: ['draft', 'reviewed', 'approved', 'rejected', 'escalated'],
  initialPlace: 'draft',
  transitions: [
    {
      id: 'submit',
      fromPlaces: ['draft'],
      toPlace: 'reviewed',
      agentExecution: {
        agentId: 'reviewer',
        inputMapping: { key: 'metadata.key' },
        outputMapping: { 'data.assessment': 'assessment', 'data.score': 'score' },
      },
    },
    { id: 'approve', fromPlaces: ['reviewed'], toPlace: 'approved', trigger: 'automatic', when: 'data.score > 7.0' },
    {
      id: 'reject',
      fromPlaces: ['reviewed'],
      toPlace: 'rejected',
      trigger: 'automatic',
      rules: [{ type: 'FieldEquals', field: 'data.assessment', value: 'REJECT' }],
    },
    { id: 'again', fromPlaces: ['reviewed'], toPlace: 'draft' },
    {
      id: 'escalate',
      fromPlaces: ['draft', 'reviewed'],
      toPlace: 'escalated',
      when: 'metadata.key.size() > 0 && data.urgent == true',
    },
  ],
};

interface Case {
  readonly answers: readonly ('fails' | JsonObject)[];
  readonly steps: readonly string[];
  readonly urgent: boolean;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  answers: fc.array(
    fc.oneof(
      fc.constant('fails' as const),
      fc.record({ assessment: fc.constantFrom('APPROVE', 'REJECT', 'WORK'), score: fc.integer({ min: 0, max: 10 }) }),
    ),
    { minLength: 6, maxLength: 6 },
  ),
  steps: fc.array(fc.constantFrom('submit', 'submit', 'again', 'escalate', 'unknown'), { minLength: 1, maxLength: 6 }),
  urgent: fc.boolean(),
});

/** Answers what the case of its token says, one after the other. */
class CaseModel implements LanguageModel {
  readonly answers = new Map<string, ('fails' | JsonObject)[]>();

  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    await Promise.resolve();
    const key = request.messages.at(-1)?.content ?? '';
    const answer = this.answers.get(key)?.shift();
    if (answer === undefined || answer === 'fails') throw new ModelError('auth', 'The key is wrong.');
    yield { type: 'text', text: JSON.stringify(answer) };
    yield { type: 'finish', finish: FINISH };
  }
}

/** What is the same on a server and in a test: all but ids and times. */
function pathOf({ place, status, data, incident, history }: Token) {
  const moves = history.map(({ transition, fromPlace, toPlace }) => `${fromPlace} → ${toPlace} by ${transition ?? ''}`);
  return { place, status, data, incident: incident?.code, moves };
}

describe('a workflow in a test and on a server', () => {
  const model = new CaseModel();
  let under: WorkerUnderTest;

  beforeAll(async () => {
    under = await startWorkerUnderTest(model);
    const prompts = { system: 'You review.', userTemplate: '{key}' };
    await under.storage.agents.create('reviewer', { ...anAgent(), prompts }, NOW);
    const { id: _id, version: _version, programs: _programs, ...content } = testedDefinition(WORKFLOW);
    await under.storage.workflows.save('review', content, { hash: 'review', now: NOW });
  });
  afterAll(async () => {
    await under.stop();
  });

  async function onServer(key: string, { answers, steps, urgent }: Case) {
    model.answers.set(key, [...answers]);
    const start = { workflowId: 'review', data: { urgent }, metadata: { key } };
    const options = { taskQueue: under.taskQueue, workflowId: key, args: [start] };
    const handle = await under.client.workflow.start('tokenLifecycle', options);
    const atRest = () =>
      eventually(async () => {
        const token = await handle.query<Token>(tokenQuery.name);
        if (token.pending !== undefined) throw new Error(`${key} is not at rest`);
        return token;
      });
    await atRest();
    for (const transitionId of steps) {
      // A refusal rejects; what came of it is judged by the path.
      await handle
        .executeUpdate<FireAccepted, [object]>(fireUpdate.name, { args: [{ transitionId }] })
        .catch(() => undefined);
      await atRest();
    }
    return { token: await atRest(), history: await handle.fetchHistory() };
  }

  it('takes the same way, whatever its agents answer, and so does its past', async () => {
    const cases = fc.sample(anyCase, { seed: 20_261_129, numRuns: 60 });
    await inParallel(6, [...cases.entries()], async ([index, one]) => {
      const answers = one.answers.map((answer): AgentAnswer => (answer === 'fails' ? fails('auth') : answer));
      const tested = await runWorkflow(WORKFLOW, {
        agents: { reviewer: answers },
        data: { urgent: one.urgent },
        metadata: { key: `case-${index}` },
        steps: one.steps,
      });
      const { token, history } = await onServer(`case-${index}`, one);
      expect(pathOf(token), JSON.stringify(one)).toEqual(pathOf(tested));
      const { now, difference } = replayToken(history, WORKFLOW);
      expect(difference).toBeUndefined();
      expect(pathOf(now)).toEqual(pathOf(token));
    });
  });
});
