import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { after, fails, runWorkflow } from '../../src/testing/index.js';

const REVIEW = JSON.parse(
  readFileSync(new URL('../../examples/document-review/workflow.json', import.meta.url), 'utf8'),
) as object;

const NET = {
  id: 'net',
  name: 'Net',
  places: ['draft', 'review', 'approved', 'rejected'],
  initialPlace: 'draft',
  transitions: [
    {
      id: 'submit',
      fromPlaces: ['draft'],
      toPlace: 'review',
      agentExecution: {
        agentId: 'reviewer',
        inputMapping: { text: 'data.text' },
        outputMapping: { 'data.assessment': 'assessment' },
      },
    },
    {
      id: 'approve',
      fromPlaces: ['review'],
      toPlace: 'approved',
      trigger: 'automatic',
      rules: [{ type: 'FieldEquals', field: 'data.assessment', value: 'APPROVE' }],
    },
    {
      id: 'reject',
      fromPlaces: ['review'],
      toPlace: 'rejected',
      trigger: 'automatic',
      when: "data.assessment == 'REJECT'",
    },
    { id: 'overrule', fromPlaces: ['review'], toPlace: 'approved' },
  ],
};

/** Reminds every day of a month, then gives up. */
const REMINDERS = {
  id: 'reminders',
  name: 'Reminders',
  places: ['waiting', 'closed'],
  initialPlace: 'waiting',
  transitions: [{ id: 'close', fromPlaces: ['waiting'], toPlace: 'closed', when: 'data.count >= 30' }],
  placeAgents: [
    {
      id: 'remind',
      placeId: 'waiting',
      agentId: 'reminder',
      outputMapping: { 'data.count': 'count' },
      autoTransition: 'close',
      schedule: { initialDelaySeconds: '1d', intervalSeconds: '1d' },
    },
  ],
};

describe('a run of a workflow in a test', () => {
  it('takes the way that the answers of its agents lead', async () => {
    const data = { text: 'Dear all' };
    const agents = { reviewer: [{ assessment: 'REJECT' }] };
    const token = await runWorkflow(NET, { agents, data, steps: ['submit'] });
    expect(token).toBeIn('rejected');
    expect(token.status).toBe('COMPLETED');
    expect(token.executions).toMatchObject([{ agentId: 'reviewer', input: { text: 'Dear all' }, status: 'succeeded' }]);
    expect(token.path).toMatchInlineSnapshot(`
      "0s  draft
      0s  reviewer runs for submit
      0s  reviewer succeeded
      0s  draft → review by submit
      0s  review → rejected by reject
      0s  completed in rejected"
    `);
  });

  it('shows refusals with their blockers, and goes on', async () => {
    const token = await runWorkflow(NET, {
      data: {},
      steps: ['submit', { update: { data: { text: 'x' } } }, 'overrule'],
    });
    expect(token).toBeIn('draft');
    expect(token.refusals).toMatchObject([
      { step: 'submit', code: 'TRANSITION_REFUSED', blockers: [{ code: 'INPUT_MISSING' }] },
      { step: 'overrule', code: 'TRANSITION_REFUSED', blockers: [{ code: 'WRONG_PLACE' }] },
    ]);
  });

  it('ends at the incident of an agent that fails, and goes on with a retry', async () => {
    const agents = { reviewer: [fails('timeout'), 'no JSON', { assessment: 'APPROVE' }] };
    const data = { text: 'x' };
    const failed = await runWorkflow(NET, { agents, data, steps: ['submit'] });
    expect(failed.incident).toMatchObject({ code: 'timeout', transitionId: 'submit' });
    expect(failed).toBeIn('draft');
    const token = await runWorkflow(NET, { agents, data, steps: ['submit', { retry: true }, { retry: true }] });
    expect(token).toBeIn('approved');
    expect(token.executions.map(({ status }) => status)).toEqual(['failed', 'failed', 'succeeded']);
  });

  it('lets answers take their time, and others come before', async () => {
    const agents = { reviewer: after('2h', { assessment: 'APPROVE' }) };
    const steps = ['submit', { wait: '1h' }, { cancel: 'withdrawn' }] as const;
    const token = await runWorkflow(NET, { agents, data: { text: 'x' }, steps });
    expect(token.status).toBe('CANCELLED');
    expect(token.executions).toMatchObject([{ status: 'cancelled', endedAt: '2026-01-01T01:00:00.000Z' }]);
  });

  it('runs schedules over a month at once', async () => {
    const agents = { reminder: ({ number }: { number: number }) => ({ count: number }) };
    const token = await runWorkflow(REMINDERS, { agents, data: { count: 0 } });
    expect(token).toBeIn('closed');
    expect(token.updatedAt).toBe('2026-01-31T00:00:00.000Z');
    expect(token.executions).toHaveLength(30);
  });

  it('ends where it is to end, though its schedule goes on', async () => {
    const agents = { reminder: { count: 0 } };
    const token = await runWorkflow(REMINDERS, { agents, data: { count: 0 }, for: '10d' });
    expect(token).toBeIn('waiting');
    expect(token.executions).toHaveLength(10);
    const endless = { ...REMINDERS, placeAgents: [{ ...REMINDERS.placeAgents[0], schedule: { intervalSeconds: 1 } }] };
    await expect(runWorkflow(endless, { agents, data: { count: 0 } })).rejects.toThrow('say `for` how long');
  });

  it.each([
    [{ reviewer: [] }, 'The agent "reviewer" runs for the 1. time, and `agents` has 0 answers.'],
    [{}, 'The agent "reviewer" runs, and `agents` does not say what it answers.'],
    [{ reviewer: 5 }, 'An answer is a text, an object'],
  ])('fails where the test does not say what is answered', async (agents, message) => {
    const options = { agents: agents as never, data: { text: 'x' }, steps: ['submit'] };
    await expect(runWorkflow(NET, options)).rejects.toThrow(message);
  });

  it('says all that is wrong with a definition', async () => {
    const wrong = { ...NET, initialPlace: 'nowhere', transitions: [{ id: 'go', fromPlaces: ['x'], toPlace: 'y' }] };
    await expect(runWorkflow(wrong)).rejects.toThrow(/UNKNOWN_PLACE[^]*UNKNOWN_PLACE[^]*UNKNOWN_PLACE/);
  });

  it('refuses times that are none', async () => {
    await expect(runWorkflow(NET, { for: 'a while' })).rejects.toThrow(
      /^for is "a while": it must be a number of seconds, or/,
    );
    const steps = [{ wait: '1d' }, { wait: 1e300 }] as const;
    await expect(runWorkflow(NET, { steps })).rejects.toThrow(/^steps\[1\]\.wait is 1e\+300: .+ at most 365000d\.$/);
    await expect(runWorkflow(NET, { for: NaN })).rejects.toThrow('for is NaN');
    await expect(runWorkflow(NET, { for: '365000d' })).resolves.toMatchObject({ status: 'ACTIVE' });
    await expect(runWorkflow(NET, { startAt: 'noon' })).rejects.toThrow('startAt');
  });

  it('fails with the whole path where a token is elsewhere', async () => {
    const token = await runWorkflow(NET, {
      agents: { reviewer: { assessment: 'REJECT' } },
      data: { text: 'x' },
      steps: ['submit'],
    });
    expect(() => {
      expect(token).toBeIn('approved');
    }).toThrow(/is in rejected, and is to be in approved:\n0s +draft/);
  });

  it('takes the example of the document review as it ships', async () => {
    const answer = { assessment: 'APPROVE', confidence_score: 8.5 };
    const data = { content: 'A policy' };
    const token = await runWorkflow(REVIEW, {
      agents: { 'content-reviewer': answer },
      data,
      metadata: { type: 'policy', priority: 'normal' },
      steps: ['ai_review'],
    });
    expect(token.path).toMatchInlineSnapshot(`
      "0s  submitted
      0s  content-reviewer runs for ai_review
      0s  content-reviewer succeeded
      0s  submitted → reviewed by ai_review
      0s  reviewed → published by publish
      0s  completed in published"
    `);
  });
});
