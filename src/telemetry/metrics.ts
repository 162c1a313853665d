import { metrics as global, type Meter } from '@opentelemetry/api';

import { budgetKey, firstWordKey } from '../core/alerts/tally.js';
import { budgetOwner } from '../core/executions/budget-limit.js';
import type { AgentExecution } from '../core/executions/execution.js';
import type { TokenUsage } from '../core/streams/stream-event.js';
import { Counted } from './counted.js';
import { Instruments, type Readings } from './instruments.js';
import type { CounterName, GaugeName } from './metric-table.js';

export interface MeasuredAttempt {
  readonly agentId: string;
  readonly provider: string;
  readonly model: string;
  readonly outcome: 'completed' | 'failed' | 'cancelled' | 'cached';
  readonly code?: string | undefined;
  readonly durationMs: number;
  readonly firstChunkMs?: number | undefined;
  readonly usage?: TokenUsage | undefined;
}

/** One that never began has no `startedAt`. */
type EndedExecution = Pick<AgentExecution, 'agentId' | 'completedAt' | 'errorCode' | 'startedAt' | 'status'>;

/** What the parts of the program say that they did. Saying so costs next to nothing and never fails. */
export class Metrics {
  readonly #instruments: Instruments;
  /** Of what was done, as much as alerts are made of. */
  readonly counted = new Counted();

  constructor(meter: Meter) {
    this.#instruments = new Instruments(meter);
  }

  /** Of a process that tells nobody: everything is thrown away. */
  static silent(): Metrics {
    return new Metrics(global.getMeter('circuit-breaker'));
  }

  attemptEnded({ agentId: agent, provider, model, outcome, code, ...attempt }: MeasuredAttempt): void {
    this.#instruments.add('circuit_breaker_attempts_total', { agent, outcome, ...present({ code }) });
    if (outcome === 'cached') return;
    if (code === 'rate_limit') this.counted.add('providerLimits', agent);
    if (attempt.firstChunkMs !== undefined)
      this.counted.add('firstWords', firstWordKey({ provider, model, ms: attempt.firstChunkMs }));
    const call = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': conventionalProvider(provider),
      'gen_ai.request.model': model,
    };
    const failed = code === undefined ? {} : { 'error.type': code };
    this.#instruments.record('gen_ai.client.inference.duration', attempt.durationMs / 1000, { ...call, ...failed });
    if (attempt.firstChunkMs !== undefined)
      this.#instruments.record('gen_ai.client.inference.time_to_first_chunk', attempt.firstChunkMs / 1000, call);
    const tokens = { ...call, 'gen_ai.token.modality': 'unknown' };
    const { inputTokens = 0, outputTokens = 0 } = attempt.usage ?? {};
    this.#instruments.add('gen_ai.client.inference.usage.input_tokens', tokens, inputTokens);
    this.#instruments.add('gen_ai.client.inference.usage.output_tokens', tokens, outputTokens);
    const { costUsd = 0 } = attempt.usage ?? {};
    if (costUsd > 0) this.#instruments.add('circuit_breaker_cost_usd_total', { agent, provider, model }, costUsd);
  }

  attemptsLost(agent: string, count: number): void {
    if (count > 0) this.#instruments.add('circuit_breaker_attempts_lost_total', { agent }, count);
  }

  attemptTaken(queuedMs: number): void {
    this.#instruments.record('circuit_breaker_queue_wait_seconds', queuedMs / 1000, {});
  }

  executionEnded({ agentId: agent, status, errorCode: code, startedAt, completedAt }: EndedExecution): void {
    this.#instruments.add('circuit_breaker_executions_total', { agent, status, ...present({ code }) });
    this.counted.add('executionsEnded', agent);
    if (status === 'FAILED' || status === 'TIMEOUT') this.counted.add('executionsFailed', agent);
    if (startedAt === undefined || completedAt === undefined) return;
    const seconds = Math.max(0, Date.parse(completedAt) - Date.parse(startedAt)) / 1000;
    const named = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': agent };
    const failed = code === undefined ? {} : { 'error.type': code };
    this.#instruments.record('gen_ai.invoke_agent.duration', seconds, { ...named, ...failed });
  }

  transitionTaken(workflow: string, transition: string): void {
    this.#instruments.add('circuit_breaker_transitions_total', { workflow, transition });
  }

  fireRefused(workflow: string, code: string): void {
    this.#instruments.add('circuit_breaker_refusals_total', { workflow, code });
  }

  incidentRaised(workflow: string, code: string): void {
    this.#instruments.add('circuit_breaker_incidents_raised_total', { workflow, code });
  }

  toolCalled(tool: string, ms: number, error: string | undefined): void {
    const named = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool };
    const failed = error === undefined ? {} : { 'error.type': error };
    this.#instruments.record('gen_ai.execute_tool.duration', ms / 1000, { ...named, ...failed });
  }

  cacheAsked(agent: string, result: 'hit' | 'miss' | 'waited'): void {
    this.#instruments.add('circuit_breaker_answer_cache_total', { agent, result });
  }

  keyRests(kind: string): void {
    this.#instruments.add('circuit_breaker_keys_rested_total', { kind });
  }

  callerLimited(times = 1): void {
    this.#instruments.add('circuit_breaker_rate_limited_total', {}, times);
    this.counted.add('callersLimited', '', times);
  }

  swept(ms: number, failures: number): void {
    this.#instruments.record('circuit_breaker_sweep_seconds', ms / 1000, {});
    this.#instruments.add('circuit_breaker_sweep_failures_total', {}, failures);
  }

  viewerDropped(door: string, times = 1): void {
    this.#instruments.add('circuit_breaker_viewers_dropped_total', { door }, times);
    this.counted.add('viewersDropped', door, times);
  }

  logOperation(backend: string, operation: 'append' | 'read', ms: number): void {
    this.#instruments.record('circuit_breaker_log_operation_seconds', ms / 1000, { backend, operation });
    if (operation === 'append') this.counted.peak('logWaits', backend, ms / 1000);
  }

  logFailed(backend: string, operation: 'append' | 'read', times = 1): void {
    this.#instruments.add('circuit_breaker_log_failures_total', { backend, operation }, times);
    this.counted.add('logFailures', backend, times);
  }

  /** For how long the oldest append that is under way waits, in seconds: looked at whenever somebody asks. */
  observeOldestAppend(backend: string, seconds: () => number): void {
    this.observe('circuit_breaker_log_append_oldest_seconds', () => [[seconds(), { backend }]]);
    this.counted.watch(() => {
      this.counted.peak('logWaits', backend, seconds());
    });
  }

  /** Of a day, YYYY-MM-DD. */
  budgetNearlySpent(scope: string, day: string): void {
    const { kind, id } = budgetOwner(scope);
    if (kind === 'execution') return;
    const owner = kind === 'agent' ? { agent: id } : { workflow: id };
    this.#instruments.add('circuit_breaker_budgets_nearly_spent_total', owner);
    this.counted.add('budgets', budgetKey({ scope, day }));
  }

  /** As `Instruments` has it. */
  observe<Name extends CounterName | GaugeName>(
    name: Name,
    read: () => Readings<Name> | Promise<Readings<Name>>,
  ): () => void {
    return this.#instruments.observe(name, read);
  }
}

/** A provider as the conventions name it, which is otherwise than we do for some. */
export function conventionalProvider(provider: string): string {
  return provider === 'google' ? 'gcp.gemini' : provider;
}

function present(labels: Readonly<Record<'code', string | undefined>>): { readonly code?: string } {
  return labels.code === undefined ? {} : { code: labels.code };
}
