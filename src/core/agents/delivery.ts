import type { Problem } from '../json/problem.js';
import { ownValue } from '../json/json.js';
import type { AgentContent, ProviderType } from './agent.js';

/** Whose API has batches that we speak. */
const BATCHED = ['openai', 'anthropic', 'google'] as const satisfies readonly ProviderType[];
export type BatchedProvider = (typeof BATCHED)[number];

export function isBatched(type: ProviderType): type is BatchedProvider {
  return BATCHED.some((known) => known === type);
}

/** How long an execution waits for its batch where its agent does not say: what providers promise, and a day more. */
export const DEFAULT_MAX_WAIT_SECONDS = 172_800;
/** 7 days. */
const LONGEST_MAX_WAIT_SECONDS = 604_800;

/** Who has begun to wait before this has been ended from outside: a day beyond the longest wait. `now` and what it gives are RFC 3339. */
export function forgottenBefore(now: string): string {
  return new Date(Date.parse(now) - (LONGEST_MAX_WAIT_SECONDS + 24 * 3600) * 1000).toISOString();
}

/** Why the answers of an agent cannot come in batches; undefined where they can. */
export function batchRefusal({ llmProvider, tools }: Pick<AgentContent, 'llmProvider' | 'tools'>): string | undefined {
  const { type, options } = llmProvider;
  if (!isBatched(type)) return `"batch" is for providers that have batches (${BATCHED.join(', ')}): ${type} has none`;
  if (type === 'openai' && ownValue(options, 'apiVersion') !== undefined)
    return '"batch" is not for deployments of Azure';
  if (tools.length > 0) return '"batch" is for agents without tools: every turn would wait for a batch of its own';
  return undefined;
}

/** What is wrong with how the answers of an agent are to come. */
export function checkDelivery(content: AgentContent): readonly Problem[] {
  const { delivery, maxWaitSeconds: seconds } = content;
  const refusal = delivery === 'batch' ? batchRefusal(content) : undefined;
  const isLong = seconds !== undefined && !(seconds >= 1 && seconds <= LONGEST_MAX_WAIT_SECONDS);
  const wait = `must be from 1 to ${LONGEST_MAX_WAIT_SECONDS} seconds`;
  return [
    ...(refusal === undefined ? [] : [{ code: 'INVALID_VALUE' as const, pointer: '/delivery', message: refusal }]),
    ...(isLong ? [{ code: 'OUT_OF_RANGE' as const, pointer: '/maxWaitSeconds', message: wait }] : []),
  ];
}
