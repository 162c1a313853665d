import type { Agent, AgentContent } from '../core/agents/agent.js';
import { canonicalJson, type JsonObject } from '../core/json/json.js';

/** Whether saving this content would change the agent. */
export function sameAgentContent(
  { id: _id, version: _version, createdAt: _createdAt, updatedAt: _updatedAt, ...content }: Agent,
  other: AgentContent,
): boolean {
  return canonicalJson(asJson(content)) === canonicalJson(asJson(other));
}

function asJson(content: AgentContent): JsonObject {
  return JSON.parse(JSON.stringify(content)) as JsonObject;
}
