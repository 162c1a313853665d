import { mergeLlmConfig, type Agent, type LlmProvider } from '../core/agent.js';
import type { JsonObject } from '../core/json.js';
import { outputSchemaOf } from '../core/structured-output.js';
import type { ModelRequest, TurnResult } from '../core/turn.js';
import { finalFailure } from '../workflows/failures.js';
import type { ModelCall } from './activities.js';
import type { ActivityParts } from './activity-parts.js';

/** What one turn needs of storage. */
export interface LoadedTurn {
  /** What is asked of the answer in structure. */
  readonly schema: JsonObject | undefined;
  readonly request: ModelRequest;
  /** Set when an earlier attempt finished the turn, and only its report got lost. */
  readonly finished?: TurnResult;
}

export async function loadTurn({ storage }: ActivityParts, call: ModelCall): Promise<LoadedTurn> {
  const { prepared, overrides } = call;
  const [agent, conversation, finished] = await Promise.all([
    storage.agents.get(prepared.agentId, prepared.agentVersion),
    storage.conversations.get(prepared.conversationId),
    storage.executions.getTurn(call.executionId, call.turn),
  ]);
  if (agent === undefined || conversation === undefined) {
    const message = `Agent "${prepared.agentId}" version ${prepared.agentVersion} or its conversation was deleted meanwhile.`;
    throw finalFailure({ code: 'invalid_request', message });
  }
  const schema = outputSchemaOf(agent, overrides.outputs ?? []);
  const request: ModelRequest = {
    provider: providerOf(agent, call),
    llmConfig: mergeLlmConfig(agent.llmConfig, overrides.llmConfig),
    messages: conversation.messages.slice(0, prepared.messageCount),
    tools: [],
    ...(schema === undefined ? {} : { outputSchema: schema }),
    timeoutMs: prepared.timeoutSeconds * 1000,
    strictParameters: agent.strictParameters,
  };
  // Stored by this very activity: its shape is known.
  return { schema, request, ...(finished === undefined ? {} : { finished: finished as unknown as TurnResult }) };
}

function providerOf(agent: Agent, { prepared }: ModelCall): LlmProvider {
  return { ...agent.llmProvider, model: prepared.model };
}
