import type { Agent } from '../core/agents/agent.js';
import type { Conversation, Message } from '../core/executions/conversation.js';
import { CircuitBreakerError } from '../core/errors.js';
import { isEnded, type AgentExecution, type ExecutionRequest } from '../core/executions/execution.js';
import { pendingExecution } from '../core/executions/pending-execution.js';
import { retryLimits } from '../core/executions/turn-retry.js';
import { ModelError } from '../core/executions/model-error.js';
import { fillPrompts, promptVariables, type FilledPrompts } from '../core/executions/prompt-template.js';
import { finalFailure } from '../contract/failures.js';
import type { PreparedAgent } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';

/** Loads the agent, writes the prompts into the conversation and marks the execution RUNNING. */
export async function prepareAgent(parts: ActivityParts, request: ExecutionRequest): Promise<PreparedAgent> {
  const { storage } = parts;
  const [agent, execution] = await Promise.all([
    storage.agents.get(request.agentId, request.agentVersion),
    storage.executions.create(pendingExecution(request, parts.now())),
  ]);
  if (isEnded(execution.status))
    throw finalFailure({ code: 'cancelled', message: 'It was cancelled before it began.' });
  if (agent === undefined) throw unknownAgent(request);
  refuseForeignWorkflow(agent, request);
  const [conversation] = await Promise.all([
    addPrompts(parts, agent, { request, execution }),
    storage.executions.update(execution.id, {
      status: 'RUNNING',
      agentVersion: agent.version,
      startedAt: execution.startedAt ?? parts.now(),
    }),
  ]);
  return {
    agentId: agent.id,
    agentVersion: agent.version,
    provider: agent.llmProvider.type,
    model: request.overrides?.model ?? agent.llmProvider.model,
    conversationId: conversation.id,
    messageCount: conversation.messages.length,
    maxTurns: agent.maxTurns,
    timeoutSeconds: request.overrides?.timeoutSeconds ?? parts.executionTimeoutSeconds,
    retry: retryLimits(request.overrides?.retryConfig),
  };
}

function unknownAgent({ agentId, agentVersion }: ExecutionRequest): Error {
  const version = agentVersion === undefined ? '' : ` version ${agentVersion}`;
  return finalFailure({ code: 'invalid_request', message: `There is no agent "${agentId}"${version}.` });
}

function refuseForeignWorkflow(agent: Agent, { token }: ExecutionRequest): void {
  if (token === undefined || agent.allowedWorkflows === undefined) return;
  if (agent.allowedWorkflows.includes(token.workflowId)) return;
  const message = `Agent "${agent.id}" is not allowed in workflow "${token.workflowId}": see its allowedWorkflows.`;
  throw finalFailure({ code: 'agent_forbidden', message });
}

interface Running {
  readonly request: ExecutionRequest;
  readonly execution: AgentExecution;
}

/** Idempotent: prompts are stamped with the execution's creation, so a repeat finds its own and adds nothing. */
async function addPrompts(parts: ActivityParts, agent: Agent, running: Running): Promise<Conversation> {
  const { storage } = parts;
  const { execution, request } = running;
  const conversation = await storage.conversations.create({
    id: execution.conversationId,
    agentId: agent.id,
    ...(execution.tokenId === undefined ? {} : { tokenId: execution.tokenId }),
    createdAt: execution.createdAt,
  });
  const { messages } = conversation;
  const own = messages.findIndex(({ timestamp, role }) => timestamp === execution.createdAt && role !== 'assistant');
  const before = own === -1 ? messages.length : own;
  try {
    return await storage.conversations.append(
      conversation.id,
      before,
      promptsOf(agent, request, {
        timestamp: execution.createdAt,
        isFirst: before === 0,
      }),
    );
  } catch (error) {
    if (!(error instanceof CircuitBreakerError && error.code === 'VERSION_CONFLICT')) throw error;
    // Another execution of the same conversation added its prompts at this moment: ours come after them.
    return await addPrompts(parts, agent, running);
  }
}

function promptsOf(
  agent: Agent,
  request: ExecutionRequest,
  place: { timestamp: string; isFirst: boolean },
): readonly Message[] {
  const { timestamp } = place;
  const { instructions, user } = filledPrompts(agent, request);
  const asked: Message = { role: 'user', content: user, timestamp };
  if (!place.isFirst || instructions === '') return [asked];
  return [{ role: 'system', content: instructions, timestamp }, asked];
}

function filledPrompts(agent: Agent, request: ExecutionRequest): FilledPrompts {
  try {
    return fillPrompts(agent.prompts, promptVariables(request.input, request.token));
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw finalFailure({ code: error.code, message: `Agent "${agent.id}" version ${agent.version}: ${error.message}` });
  }
}
