import type { LlmProvider } from '../core/agents/agent.js';
import type { AgentExecution, ExecutionResult } from '../core/executions/execution.js';
import type { ToolCallPlace } from '../core/executions/tool-call.js';
import type { StreamEventBody, TokenUsage } from '../core/streams/stream-event.js';
import type { FollowingParts } from '../operations/follow-newest-run.js';
import type { BatchGroup } from '../contract/batches.js';
import type { ModelBatches } from '../providers/model-batches.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { SchemaChecker } from '../schemas/schema-checker.js';
import type { Storage } from '../storage/storage.js';
import type { AnswerStream, AnswerStreamOptions } from '../streams/writing/answer-stream.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Traces } from '../telemetry/traces.js';
import type { ToolLogger, ToolRegistry } from '../tools/tool.js';
import type { EqualCalls } from './equal-calls.js';
import type { KnownBudgets } from './known-budgets.js';
import type { OneAfterAnother } from './one-after-another.js';
import type { ProviderBreakers } from './provider-breakers.js';

/** What the activities of batches work with. */
export interface BatchParts {
  readonly models: ModelBatches;
  /** Sees to it that somebody collects what waits in a group, from now on. */
  readonly collect: (group: BatchGroup) => Promise<void>;
  /** Tells an execution that something came of its turn; one that runs no more is not told. */
  readonly tellAnswered: (executionId: string, turn: number) => Promise<void>;
  /** How long requests are gathered, and how often a provider is asked. */
  readonly times: Pick<BatchGroup, 'windowSeconds' | 'pollSeconds'>;
}

/** What activities work with: made once per worker process, where the process is composed. */
export interface ActivityParts {
  readonly storage: Storage;
  /** Becomes the writer of an execution's stream, as far as its backend lets it: never throws, never waits. */
  readonly openAnswer: (executionId: string, options: AnswerStreamOptions) => AnswerStream;
  readonly model: LanguageModel;
  readonly breakers: Pick<ProviderBreakers, 'judge' | 'claim' | 'isOpen' | 'watch'>;
  /** What a call costs, in US dollars; undefined where no price is known. */
  readonly costOf: (provider: LlmProvider, usage: TokenUsage) => number | undefined;
  readonly budgets: KnownBudgets;
  readonly batches: BatchParts;
  readonly tools: ToolRegistry;
  /**
   * Tells viewers of an execution what its tools do, behind the text of a turn that has ended, in the order of the calls.
   * Never throws.
   */
  readonly tellTools: (place: ToolCallPlace, events: readonly StreamEventBody[]) => Promise<void>;
  /** Of messages, by conversation: executions that add to one at once would outrun each other again and again. */
  readonly appends: OneAfterAnother;
  readonly schemas: SchemaChecker;
  /**
   * The result of an execution's Temporal workflow, once it has one: of the chain of runs that began with the given one,
   * where it is known. Throws the Temporal failure that it ended with,
   * NOT_FOUND when Temporal does not know it (any more), UNAVAILABLE when Temporal does not answer.
   */
  readonly awaitExecution: (
    executionId: string,
    firstRunId: string | undefined,
    signal: AbortSignal,
  ) => Promise<ExecutionResult>;
  /**
   * Takes over what an activity waits for, which then throws CompleteAsyncError: it is completed with what `look` resolves with, or
   * failed with what it rejects with. `look` is called again after its signal aborted.
   */
  readonly waitWithoutSlot: (
    activity: {
      readonly taskToken: Uint8Array;
      readonly heartbeatTimeoutMs: number | undefined;
      /** What its heartbeats say, for the next attempt. */
      readonly details?: () => unknown;
    },
    look: (signal: AbortSignal) => Promise<unknown>,
  ) => void;
  /** Who waits for a call that another execution makes, maybe of another worker. */
  readonly equalCalls: EqualCalls;
  readonly temporal: FollowingParts['temporal'];
  readonly logger: ToolLogger & { debug(facts: object, message: string): void };
  readonly metrics: Metrics;
  readonly traces: Traces;
  /** Hides secrets of this process, and what looks like a key, in a text of others. */
  readonly mask: (text: string) => string;
  /** Closes the stream of an ended execution and remembers that; safe to repeat. */
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  /** Bounds one attempt where neither agent nor transition says otherwise. */
  readonly executionTimeoutSeconds: number;
  readonly now: () => string;
}
