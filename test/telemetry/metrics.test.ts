import { describe, expect, it } from 'vitest';

import { EXECUTION_ERROR_CODES } from '../../src/core/codes.js';
import { inlineWorkflowId } from '../../src/core/definitions/inline-workflow.js';
import { MOST_VALUES } from '../../src/telemetry/bounded-labels.js';
import { isOf, measured } from '../support/metrics.js';

const CALL = {
  agentId: 'reviewer',
  provider: 'google',
  model: 'gemini-3',
  outcome: 'completed',
  durationMs: 1500,
} as const;
const OF_THE_CALL = {
  gen_ai_operation_name: 'chat',
  gen_ai_provider_name: 'gcp.gemini',
  gen_ai_request_model: 'gemini-3',
};

describe('an attempt at a model call', () => {
  it('is told as the GenAI conventions ask for', async () => {
    const { metrics, valueOf } = measured();
    const usage = { inputTokens: 30, outputTokens: 12, totalTokens: 42, costUsd: 0.25 };
    metrics.attemptEnded({ ...CALL, firstChunkMs: 300, usage });
    expect(await valueOf('gen_ai_client_inference_duration_seconds_sum', OF_THE_CALL)).toBe(1.5);
    expect(await valueOf('gen_ai_client_inference_time_to_first_chunk_seconds_sum', OF_THE_CALL)).toBe(0.3);
    expect(await valueOf('gen_ai_client_inference_usage_input_tokens_total', OF_THE_CALL)).toBe(30);
    expect(await valueOf('gen_ai_client_inference_usage_output_tokens_total', OF_THE_CALL)).toBe(12);
    expect(await valueOf('circuit_breaker_cost_usd_total', { agent: 'reviewer' })).toBe(0.25);
  });

  it('that failed has its code', async () => {
    const { metrics, valueOf } = measured();
    metrics.attemptEnded({ ...CALL, outcome: 'failed', code: 'rate_limit' });
    const failed = { agent: 'reviewer', outcome: 'failed', code: 'rate_limit' };
    expect(await valueOf('circuit_breaker_attempts_total', failed)).toBe(1);
    expect(await valueOf('gen_ai_client_inference_duration_seconds_count', { error_type: 'rate_limit' })).toBe(1);
  });

  it('that the cache answered is no call', async () => {
    const { metrics, samples } = measured();
    metrics.attemptEnded({ ...CALL, outcome: 'cached' });
    const names = (await samples()).map(({ name }) => name);
    expect(names).toContain('circuit_breaker_attempts_total');
    expect(names.filter((name) => name.startsWith('gen_ai'))).toEqual([]);
  });
});

describe('an execution that has ended', () => {
  it('is counted with how it ended, and for how long it ran', async () => {
    const { metrics, valueOf } = measured();
    const ran = { startedAt: '2026-11-30T10:00:00.000Z', completedAt: '2026-11-30T10:00:02.500Z' };
    metrics.executionEnded({ agentId: 'reviewer', status: 'FAILED', errorCode: 'server', ...ran });
    const failed = { agent: 'reviewer', status: 'FAILED', code: 'server' };
    expect(await valueOf('circuit_breaker_executions_total', failed)).toBe(1);
    expect(await valueOf('gen_ai_invoke_agent_duration_seconds_sum', { gen_ai_agent_name: 'reviewer' })).toBe(2.5);
  });

  it('that never began has no duration', async () => {
    const { metrics, samples } = measured();
    metrics.executionEnded({ agentId: 'reviewer', status: 'CANCELLED', errorCode: 'cancelled' });
    expect((await samples()).some(({ name }) => name.startsWith('gen_ai'))).toBe(false);
  });
});

describe('labels that users choose', () => {
  it('are bounded: after 10,000 tokens of 1,000 agents there are as many series as after 200', async () => {
    const { metrics, samples } = measured();
    for (let token = 0; token < 10_000; token += 1) {
      const name = `${token % 1000}`;
      metrics.attemptEnded({ ...CALL, agentId: name, model: name });
      metrics.executionEnded({ agentId: name, status: 'COMPLETED' });
      metrics.transitionTaken(`workflow-${token % 300}`, `transition-${token}`);
      metrics.incidentRaised(`workflow-${token % 300}`, 'AGENT_FAILED');
    }
    const all = await samples();
    const seriesOf = (name: string) => all.filter((sample) => isOf(sample, name)).length;
    expect(seriesOf('circuit_breaker_executions_total')).toBe(MOST_VALUES + 1);
    expect(seriesOf('circuit_breaker_transitions_total')).toBe(MOST_VALUES + 1);
    expect(seriesOf('gen_ai_client_inference_duration_seconds_count')).toBe(MOST_VALUES + 1);
    expect(all.length).toBeLessThan(10_000);
  });

  it('have one name for all definitions that came with their tokens', async () => {
    const { metrics, samples, valueOf } = measured();
    for (let token = 0; token < MOST_VALUES + 1; token += 1)
      metrics.transitionTaken(inlineWorkflowId('Quick', token.toString(16).padStart(12, '0')), 'go');
    metrics.transitionTaken('saved', 'go');
    metrics.observe('circuit_breaker_tokens', () => [
      [3, { workflow: inlineWorkflowId('Quick', 'a'), place: 'here' }],
      [4, { workflow: inlineWorkflowId('Slow', 'b'), place: 'here' }],
    ]);
    expect(await valueOf('circuit_breaker_transitions_total', { workflow: 'inline' })).toBe(MOST_VALUES + 1);
    expect(await valueOf('circuit_breaker_transitions_total', { workflow: 'saved' })).toBe(1);
    expect((await samples()).filter((one) => isOf(one, 'circuit_breaker_tokens')).map(({ value }) => value)).toEqual([
      7,
    ]);
  });

  it('keep their names with every code that there is', async () => {
    const { metrics, samples } = measured();
    for (let agent = 0; agent < 1000; agent += 1)
      for (const errorCode of EXECUTION_ERROR_CODES)
        metrics.executionEnded({ agentId: `${agent}`, status: 'FAILED', errorCode });
    const found = (await samples()).filter((sample) => isOf(sample, 'circuit_breaker_executions_total'));
    expect(found.filter(({ labels }) => labels['status'] !== 'FAILED')).toEqual([]);
    expect(found).toHaveLength((MOST_VALUES + 1) * EXECUTION_ERROR_CODES.length);
  });

  it('lose nothing of the sum: all others are "other"', async () => {
    const { metrics, samples, valueOf } = measured();
    for (let agent = 0; agent < 1000; agent += 1) metrics.attemptsLost(`agent-${agent}`, 2);
    expect(await valueOf('circuit_breaker_attempts_lost_total', { agent: 'agent-0' })).toBe(2);
    expect(await valueOf('circuit_breaker_attempts_lost_total', { agent: 'other' })).toBe((1000 - MOST_VALUES) * 2);
    const lost = (await samples()).filter((sample) => isOf(sample, 'circuit_breaker_attempts_lost_total'));
    expect(lost.reduce((sum, { value }) => sum + value, 0)).toBe(2000);
  });

  it('of what is read when it is asked for are bounded, too, and added up', async () => {
    const { metrics, samples } = measured();
    const doors = Array.from({ length: 3 }, () => [1, { door: 'sse' }] as const);
    metrics.observe('circuit_breaker_viewers', () => doors);
    expect((await samples()).filter((sample) => isOf(sample, 'circuit_breaker_viewers'))).toMatchObject([{ value: 3 }]);
  });

  it('may have any text in them', async () => {
    const { metrics, samples } = measured();
    const agent = 'a "quoted"\nagent \\ 🙂';
    metrics.attemptsLost(agent, 1);
    expect((await samples()).find(({ name }) => name.startsWith('circuit_breaker'))?.labels).toEqual({ agent });
  });
});

it('what cannot be read is left out, and the rest is told', async () => {
  const { metrics, samples } = measured();
  metrics.observe('circuit_breaker_streams_open', () => Promise.reject(new Error('storage is away')));
  metrics.attemptsLost('reviewer', 1);
  expect((await samples()).map(({ name }) => name)).toEqual(['target_info', 'circuit_breaker_attempts_lost_total']);
});
