import type { FallbackCode } from '../codes.js';
import type { JsonObject } from '../json/json.js';
import type { AnswerCache } from './answer-cache.js';
import type { Budget } from './budget.js';

/** How an agent's answers come: as they are written, or later, in a batch at half the price. */
export const DELIVERIES = ['stream', 'batch'] as const;
export type Delivery = (typeof DELIVERIES)[number];

export const PROVIDER_TYPES = ['openai', 'anthropic', 'google', 'ollama', 'custom', 'mock'] as const;
export type ProviderType = (typeof PROVIDER_TYPES)[number];

/** Where an agent's model is. Never holds a secret: `credential` and header references name environment variables. */
export interface LlmProvider {
  readonly type: ProviderType;
  readonly model: string;
  readonly baseUrl?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly credential?: string;
  /** Checked per provider. */
  readonly options: JsonObject;
}

/** Where a turn goes that the providers before it have failed. */
export interface Fallback {
  readonly llmProvider: LlmProvider;
  /** The failures that it is for; absent: FALLBACK_BY_DEFAULT. */
  readonly on?: readonly FallbackCode[];
}

/** Sampling settings; what is absent is left to the provider. */
export interface LlmConfig {
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly topP?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly stopSequences?: readonly string[];
}

/** All three are templates; `contextInstructions` follows `system` as a paragraph of its own. */
export interface AgentPrompts {
  readonly system: string;
  readonly userTemplate: string;
  readonly contextInstructions?: string;
}

export interface AgentContent {
  readonly name: string;
  readonly description: string;
  readonly llmProvider: LlmProvider;
  /** In the order in which they are tried, MOST_FALLBACKS of them; absent: none. */
  readonly fallbacks?: readonly Fallback[];
  readonly llmConfig: LlmConfig;
  readonly prompts: AgentPrompts;
  /** Labels to find agents by. */
  readonly capabilities: readonly string[];
  readonly tools: readonly string[];
  /** JSON Schema of the structured output. */
  readonly outputSchema?: JsonObject;
  /** Absent: every workflow. That of the newest version holds for all versions. */
  readonly allowedWorkflows?: readonly string[];
  readonly maxTurns: number;
  /** How many tools one execution may call; absent: DEFAULT_MAX_TOOL_CALLS. */
  readonly maxToolCalls?: number;
  /** Names and patterns among its tools that a person has to approve, besides those that say so themselves. */
  readonly approvalRequired?: readonly string[];
  /** How long a call waits for a person; absent: DEFAULT_APPROVAL_TIMEOUT_SECONDS. */
  readonly approvalTimeoutSeconds?: number;
  /** Absent: every execution asks its model. */
  readonly cache?: AnswerCache;
  readonly strictParameters: boolean;
  /** What its model calls may spend. That of the newest version holds for all versions. */
  readonly budget?: Budget;
  /** How its answers come; absent: as they are written. */
  readonly delivery?: Delivery;
  /** How long an execution waits for its batch before it is taken as a stream; absent: DEFAULT_MAX_WAIT_SECONDS. */
  readonly maxWaitSeconds?: number;
}

/** One immutable version of an agent. */
export interface Agent extends AgentContent {
  readonly id: string;
  /** From 1; every change makes the next one. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Whether an agent may run for a workflow; asked of its newest version, whichever runs. */
export function isAllowedIn({ allowedWorkflows }: Pick<AgentContent, 'allowedWorkflows'>, workflowId: string): boolean {
  return allowedWorkflows === undefined || allowedWorkflows.includes(workflowId);
}

export const MOST_FALLBACKS = 4;

export const DEFAULT_MAX_TOOL_CALLS = 32;

/** An override merges field by field; `stopSequences: []` clears. */
export function mergeLlmConfig(base: LlmConfig, override: LlmConfig = {}): LlmConfig {
  return { ...base, ...override };
}
