import type { Agent, AgentContent } from '../core/agents/agent.js';
import { CircuitBreakerError, notFound } from '../core/errors.js';
import { sameAgentContent } from './agent-content.js';

interface Creation {
  readonly id: string;
  readonly content: AgentContent;
  readonly now: string;
  /** The last that its id ever had; 0 where there was none. */
  readonly lastVersion: number;
}

/** What is there after an agent is created: `existing`, where that is the same. Throws ALREADY_EXISTS where it is another. */
export function createdAgent(existing: Agent | undefined, { id, content, now, lastVersion }: Creation): Agent {
  if (existing === undefined) return { ...content, id, version: lastVersion + 1, createdAt: now, updatedAt: now };
  if (sameAgentContent(existing, content)) return existing;
  throw new CircuitBreakerError('ALREADY_EXISTS', `There is another agent "${id}"; use updateAgent to change it.`);
}

export interface AgentChange {
  readonly content: AgentContent;
  readonly expectedVersion?: number;
  readonly now: string;
}

/** What is there after an agent is changed: `newest`, where nothing of it changes. Throws NOT_FOUND, or VERSION_CONFLICT. */
export function updatedAgent(
  id: string,
  newest: Agent | undefined,
  { content, expectedVersion, now }: AgentChange,
): Agent {
  if (newest === undefined) throw notFound('agent', id);
  if (expectedVersion !== undefined && expectedVersion !== newest.version) {
    const message = `Agent "${id}" is at version ${newest.version}, not ${expectedVersion}: read it again.`;
    throw new CircuitBreakerError('VERSION_CONFLICT', message);
  }
  if (sameAgentContent(newest, content)) return newest;
  return { ...content, id, version: newest.version + 1, createdAt: newest.createdAt, updatedAt: now };
}
