import { beforeEach, describe, expect, it } from 'vitest';

import { RequestWork } from '../../src/api/graphql/answers/request-work.js';
import { Turns } from '../../src/api/graphql/answers/turns.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import type { TokenEvent } from '../../src/core/tokens/token.js';
import { rolloutReport } from '../../src/operations/rollout-report.js';
import { clearRollout, setRollout } from '../../src/operations/set-rollout.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { aPlaceAgent, aToken, aTransition, aWorkflow, anAgent, anAgentTransition, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { schemasInThisThread } from '../support/schemas.js';
import { mayNameThisMachine } from '../support/this-machine.js';

const LATER = '2026-12-01T00:00:00.000Z';

const content = aWorkflow({
  places: ['submitted', 'reviewed', 'good', 'done'],
  transitions: [
    aTransition({ id: 'review', agentExecution: anAgentTransition({ required: false }) }),
    aTransition({ id: 'check', agentExecution: anAgentTransition() }),
    aTransition({ id: 'plain', fromPlaces: ['reviewed'], toPlace: 'done' }),
  ],
});

const versions = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ version: index + 1, percent: 100 / count }));

describe('how far agents are brought in', () => {
  let storage: Storage;
  let parts: OperationParts & Parameters<typeof rolloutReport>[0];
  let told: string[];

  beforeEach(async () => {
    ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
    told = [];
    const temporal: Partial<OperationParts['temporal']> = {
      tellPlaceAgentsChanged: (id) => {
        told.push(id);
        return Promise.resolve();
      },
    };
    parts = {
      storage,
      metrics: unmeasured,
      traces: untraced,
      now: () => NOW,
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      temporal: temporal as OperationParts['temporal'],
      work: new RequestWork(new Turns()),
    };
    await storage.agents.create('reviewer', anAgent(), NOW);
    await storage.agents.create('armed', anAgent({ tools: ['shell'] }), NOW);
    await storage.workflows.save('review', content, { hash: '1', now: NOW });
    await storage.placeAgents.create({ ...aPlaceAgent({ id: 'added' }), workflowId: 'review', createdAt: NOW });
  });

  const set = (fields: object) =>
    setRollout(parts, { workflowId: 'review', transitionId: 'review', mode: 'on', percent: 10, ...fields });

  const report = (fields: object = {}) =>
    rolloutReport(parts, { workflowId: 'review', transitionId: 'review', until: LATER, ...fields });

  it('is kept, and told to the tokens that live before it is answered', async () => {
    const definition = { ...content, id: 'review', version: 1 };
    const token = aToken(definition, { id: 'lives' });
    await storage.tokens.record({ token, runId: 'r', events: [], executions: [] });
    expect(await set({})).toEqual({ mode: 'on', percent: 10 });
    expect(await storage.rollouts.listForWorkflow('review')).toMatchObject([
      { rollout: { mode: 'on', percent: 10 }, changedAt: NOW },
    ]);
    expect(told).toEqual(['lives']);
  });

  it('may be said of a place agent that was added', async () => {
    await set({ transitionId: undefined, placeAgentId: 'added', mode: 'shadow', percent: 100 });
    expect(await storage.rollouts.listForWorkflow('review')).toMatchObject([{ use: { placeAgentId: 'added' } }]);
  });

  it('leaves what is not said as it was said before, and null takes it away', async () => {
    const agentVersions = [{ version: 1, percent: 100 }];
    await set({ maxErrorRate: 0.2, agentVersions });
    expect(await set({ percent: 50 })).toEqual({ mode: 'on', percent: 50, maxErrorRate: 0.2, agentVersions });
    expect(await report()).toMatchObject({ rollout: { percent: 50, agentVersions } });
    expect(await set({ percent: 60, maxErrorRate: null, agentVersions: null })).toEqual({ mode: 'on', percent: 60 });
    const [kept] = await storage.rollouts.listForWorkflow('review');
    expect(kept).toMatchObject({ rollout: { mode: 'on', percent: 60 } });
    expect(kept?.agentVersions).toBeUndefined();
  });

  it('is as the definition says once all that was said is taken back, which the tokens that live hear', async () => {
    const use = anAgentTransition({ required: false, rollout: { mode: 'on', percent: 30 } });
    const says = aWorkflow({ transitions: [aTransition({ id: 'review', agentExecution: use })] });
    await storage.workflows.save('review', says, { hash: '2', now: NOW });
    const token = aToken({ ...says, id: 'review', version: 2 }, { id: 'lives' });
    await storage.tokens.record({ token, runId: 'r', events: [], executions: [] });
    await set({ mode: 'off', percent: 100, maxErrorRate: 0.2 });
    const named = { workflowId: 'review', transitionId: 'review' };
    expect(await clearRollout(parts, named)).toEqual({ mode: 'on', percent: 30 });
    expect(await storage.rollouts.listForWorkflow('review')).toEqual([]);
    expect(told).toEqual(['lives', 'lives']);
    await expect(clearRollout(parts, { ...named, transitionId: 'plain' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('can be taken back where the newest version has no such use any more', async () => {
    await set({ mode: 'off', percent: 100 });
    const without = aWorkflow({ transitions: [aTransition({ id: 'other' })] });
    await storage.workflows.save('review', without, { hash: '2', now: NOW });
    const named = { workflowId: 'review', transitionId: 'review' };
    expect(await clearRollout(parts, named)).toEqual({ mode: 'on', percent: 100 });
    expect(await storage.rollouts.listForWorkflow('review')).toEqual([]);
    await expect(clearRollout(parts, named)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['more versions than may be', { agentVersions: versions(11) }, '/agentVersions'],
    ['a share that is none', { maxErrorRate: 1.5 }, '/rollout/maxErrorRate'],
    ['a percentage above 100', { percent: 101 }, '/rollout/percent'],
    ['one below 0', { percent: -1 }, '/rollout/percent'],
    ['no number', { percent: Number.NaN }, '/rollout/percent'],
    ['the shadow of a required agent', { transitionId: 'check', mode: 'shadow' }, '/rollout/mode'],
    ['a version that there is not', { agentVersions: [{ version: 7, percent: 100 }] }, '/agentVersions/0/version'],
    ['versions that do not add up', { agentVersions: [{ version: 1, percent: 60 }] }, '/agentVersions'],
    ['a version twice', { agentVersions: [1, 1].map((version) => ({ version, percent: 50 })) }, '/agentVersions'],
    ['both uses at once', { placeAgentId: 'added' }, '/transitionId'],
    ['no use', { transitionId: undefined }, '/transitionId'],
  ])('is refused with %s, and nothing is kept', async (_, fields, pointer) => {
    await expect(set(fields)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      facts: { problems: [expect.objectContaining({ pointer })] },
    });
    expect(await storage.rollouts.listForWorkflow('review')).toEqual([]);
  });

  it('is refused in the shadow for an agent whose tools would act', async () => {
    const armed = aWorkflow({
      transitions: [
        aTransition({ id: 'go', agentExecution: anAgentTransition({ agentId: 'armed', required: false }) }),
      ],
    });
    await storage.workflows.save('armed', armed, { hash: '2', now: NOW });
    await expect(set({ workflowId: 'armed', transitionId: 'go', mode: 'shadow' })).rejects.toThrow('which would act');
  });

  it.each([
    ['workflow', { workflowId: 'nobody' }],
    ['transition', { transitionId: 'gone' }],
    ['transition with an agent', { transitionId: 'plain' }],
    ['place agent', { transitionId: undefined, placeAgentId: 'gone' }],
  ])('is not found where there is no such %s', async (_, fields) => {
    await expect(set(fields)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  describe('and the report', () => {
    const execution = (id: string, fields: Partial<AgentExecution>): AgentExecution => ({
      ...{ id, agentId: 'reviewer', agentVersion: 1, workflowId: 'review', transitionId: 'review', tokenId: id },
      ...{ conversationId: id, status: 'COMPLETED', input: 'x', warnings: [], attempts: [], createdAt: NOW },
      completedAt: new Date(Date.parse(NOW) + 100).toISOString(),
      ...fields,
    });

    async function shadow(
      id: string,
      { path, to, ...fields }: { path?: readonly string[]; to: readonly string[]; createdAt?: string },
    ) {
      const base = { version: 2, place: 'reviewed', timestamp: NOW };
      const details = { status: 'succeeded', shadow: true, ...(path === undefined ? {} : { path }) };
      const events: TokenEvent[] = [
        { ...base, type: 'EXECUTION_STARTED', executionId: id },
        ...to.map((place, index): TokenEvent => {
          const timestamp = index === 0 ? NOW : LATER;
          return { ...base, timestamp, type: 'TRANSITION_FIRED', details: { from: 'x', to: place } };
        }),
        { ...base, timestamp: LATER, type: 'EXECUTION_FINISHED', executionId: id, details },
      ];
      const token = aToken({ ...content, id: 'review', version: 1 }, { id });
      const numbered = events.map((event, index) => ({ ...event, number: index + 1 }));
      await storage.tokens.record({ token, runId: 'r', events: numbered, executions: [] });
      await storage.executions.create(execution(id, { shadow: true, ...fields }));
    }

    it('tells how often a shadow would have moved its token elsewhere, with examples', async () => {
      await set({ mode: 'shadow', percent: 100 });
      await shadow('same', { path: ['reviewed', 'good'], to: ['reviewed', 'good'] });
      await shadow('other', { path: ['reviewed', 'good'], to: ['reviewed', 'done'] });
      await shadow('open', { path: ['reviewed', 'good'], to: ['reviewed'] });
      await storage.executions.create(execution('failed', { shadow: true, status: 'FAILED', errorCode: 'server' }));
      await storage.executions.create(execution('applied', {}));
      await storage.executions.create(execution('another', { transitionId: 'check' }));
      expect(await report()).toMatchObject({
        rollout: { mode: 'shadow', percent: 100 },
        since: NOW,
        compared: 2,
        elsewhere: 1,
        undecided: 1,
        examples: [
          { tokenId: 'other', executionId: 'other', path: ['reviewed', 'good'], happened: ['reviewed', 'done'] },
        ],
        on: { executions: 1, completed: 1, failed: 0, errorRate: 0, medianMs: 100 },
        shadow: { executions: 4, failed: 1, errorRate: 0.25, errors: [{ code: 'server', executions: 1 }], costUsd: 0 },
      });
    });

    it('has examples newest first', async () => {
      const other = { path: ['reviewed', 'good'], to: ['reviewed', 'done'] };
      await shadow('a-first', other);
      await shadow('b-last', { ...other, createdAt: new Date(Date.parse(NOW) + 1000).toISOString() });
      const { examples } = await report({ since: NOW });
      expect(examples.map(({ tokenId }) => tokenId)).toEqual(['b-last', 'a-first']);
    });

    it('is empty where nothing ran, and refuses a span that is none', async () => {
      const nothing = { executions: 0, errorRate: null, medianMs: null, p95Ms: null };
      expect(await report()).toMatchObject({ on: nothing, shadow: nothing, compared: 0, examples: [] });
      await expect(report({ since: LATER, until: NOW })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    });
  });
});
