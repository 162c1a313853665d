import type { Problem } from '../json/problem.js';

export const CACHE_SCOPES = ['AGENT', 'WORKFLOW'] as const;
export type CacheScope = (typeof CACHE_SCOPES)[number];

/** How answers of an agent serve others that ask the very same. */
export interface AnswerCache {
  /** How long an answer serves after it was given. */
  readonly ttlSeconds: number;
  /** Whom it serves: executions of the agent, or those of the workflow that its execution belongs to, whichever agents they are of. */
  readonly scope: CacheScope;
}

/** 30 days. */
const LONGEST_TTL_SECONDS = 30 * 86_400;

/** What is wrong with the cache of an agent: a tool may act, and an answer from the cache would not have acted. */
export function checkAnswerCache(cache: AnswerCache | undefined, tools: readonly string[]): readonly Problem[] {
  if (cache === undefined) return [];
  const { ttlSeconds } = cache;
  const isInRange = ttlSeconds >= 1 && ttlSeconds <= LONGEST_TTL_SECONDS;
  const range = `must be from 1 to ${LONGEST_TTL_SECONDS} seconds`;
  const problems: Problem[] = isInRange ? [] : [{ code: 'OUT_OF_RANGE', pointer: '/cache/ttlSeconds', message: range }];
  if (tools.length === 0) return problems;
  const message = 'answers of an agent that has tools are not kept: leave out `cache`, or `tools`';
  return [...problems, { code: 'INVALID_VALUE', pointer: '/cache', message }];
}

/**
 * Who shares answers, as part of their keys. An execution that belongs to no workflow shares with those of its agent, whatever the
 * scope says.
 */
export function cacheSharers({ scope }: AnswerCache, agentId: string, workflowId: string | undefined): string {
  switch (scope) {
    case 'AGENT':
      return `agent:${agentId}`;
    case 'WORKFLOW':
      return workflowId === undefined ? `agent:${agentId}` : `workflow:${workflowId}`;
  }
}
