import { DEFAULT_MAX_TOOL_CALLS, isAllowedIn, type Agent } from '../core/agents/agent.js';
import { cacheSharers } from '../core/agents/answer-cache.js';
import { DEFAULT_APPROVAL_TIMEOUT_SECONDS } from '../core/agents/approval-required.js';
import { batchRefusal, DEFAULT_MAX_WAIT_SECONDS } from '../core/agents/delivery.js';
import type { Message } from '../core/executions/conversation.js';
import { isEnded, type AgentExecution, type ExecutionRequest } from '../core/executions/execution.js';
import { executionDeadlineSeconds } from '../core/executions/execution-deadline.js';
import { isExecutionOf, pendingExecution } from '../core/executions/pending-execution.js';
import { retryLimits } from '../core/executions/turn-retry.js';
import { shorten } from '../core/json/preview.js';
import { capabilitiesOf } from '../core/agents/model-capabilities.js';
import { checkPictures } from '../core/executions/check-pictures.js';
import { takePictures, type InputPicture, type InputWithPictures } from '../core/executions/picture.js';
import { ModelError } from '../core/executions/model-error.js';
import { fillPrompts, promptVariables, type FilledPrompts } from '../core/executions/prompt-template.js';
import { finalFailure } from '../contract/failures.js';
import type { PreparedAgent } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { tracedIn } from '../telemetry/execution-span.js';
import { appendMessages } from './append-messages.js';

/** Loads the agent, writes the prompts into the conversation and marks the execution RUNNING. */
export async function prepareAgent(parts: ActivityParts, request: ExecutionRequest): Promise<PreparedAgent> {
  const { storage } = parts;
  const [agent, newest, execution] = await Promise.all([
    storage.agents.get(request.agentId, request.agentVersion),
    request.agentVersion === undefined ? undefined : storage.agents.get(request.agentId),
    // That of a token, and one that the API was asked for, is there already.
    storage.executions.create(pendingExecution(request, parts.now()), 'temporal'),
  ]);
  if (!isExecutionOf(request, execution)) throw idTaken(request);
  if (isEnded(execution.status))
    throw finalFailure({ code: 'cancelled', message: 'It was cancelled before it began.' });
  if (agent === undefined) throw unknownAgent(request);
  refuseForeignWorkflow(newest ?? agent, request);
  refuseActing(agent, request);
  const batch = batchOf(agent, request);
  const [messageCount] = await Promise.all([
    addPrompts(parts, agent, { request, execution }),
    storage.executions.update(execution.id, {
      status: 'RUNNING',
      agentVersion: agent.version,
      startedAt: execution.startedAt ?? parts.now(),
      ...tracedIn(parts.traces),
    }),
  ]);
  const { retryConfig, timeoutSeconds = parts.executionTimeoutSeconds } = request.overrides ?? {};
  return {
    agentId: agent.id,
    agentVersion: agent.version,
    provider: agent.llmProvider.type,
    model: request.overrides?.model ?? agent.llmProvider.model,
    conversationId: execution.conversationId,
    messageCount,
    maxTurns: agent.maxTurns,
    ...(request.token === undefined ? {} : { workflowId: request.token.workflowId }),
    ...(agent.tools.length === 0
      ? {}
      : {
          tools: agent.tools,
          maxToolCalls: agent.maxToolCalls ?? DEFAULT_MAX_TOOL_CALLS,
          approvalRequired: agent.approvalRequired ?? [],
          approvalTimeoutSeconds: agent.approvalTimeoutSeconds ?? DEFAULT_APPROVAL_TIMEOUT_SECONDS,
        }),
    timeoutSeconds,
    deadlineSeconds: executionDeadlineSeconds(timeoutSeconds, retryConfig, 1 + (agent.fallbacks?.length ?? 0)),
    keepsDeadline: true,
    retry: retryLimits(retryConfig),
    ...batch,
    ...(batch.batch === undefined ? preparedCache(agent, request) : {}),
  };
}

/** An agent of before it was refused may have both, a cache and tools. */
function preparedCache({ id, cache, tools }: Agent, request: ExecutionRequest): Pick<PreparedAgent, 'cache'> {
  if (cache === undefined || tools.length > 0) return {};
  const sharers = cacheSharers(cache, id, request.token?.workflowId);
  const isBypassed = request.bypassCache === true;
  return { cache: { ttlSeconds: cache.ttlSeconds, sharers, ...(isBypassed ? { isBypassed } : {}) } };
}

/** Who has asked for batches and cannot have them is told: a stream would cost twice as much. */
function batchOf(agent: Agent, { overrides }: ExecutionRequest): Pick<PreparedAgent, 'batch'> {
  if ((overrides?.delivery ?? agent.delivery) !== 'batch') return {};
  const refusal = batchRefusal(agent);
  if (refusal === undefined) return { batch: { maxWaitSeconds: agent.maxWaitSeconds ?? DEFAULT_MAX_WAIT_SECONDS } };
  throw finalFailure({ code: 'invalid_request', message: `Agent "${agent.id}": ${refusal}.` });
}

/** What runs beside a token changes nothing, and tools may change anything. An agent may have got them since. */
function refuseActing({ id, tools }: Agent, { shadow }: ExecutionRequest): void {
  if (shadow !== true || tools.length === 0) return;
  const message = `Agent "${id}" has tools, which would act: it cannot run in the shadow.`;
  throw finalFailure({ code: 'invalid_request', message });
}

/** Something else is stored under its id: nothing is recorded then, neither its beginning nor its end. */
function idTaken({ executionId }: ExecutionRequest): Error {
  return finalFailure({ code: 'ALREADY_EXISTS', message: `The id "${executionId}" is taken by something else.` });
}

function unknownAgent({ agentId, agentVersion }: ExecutionRequest): Error {
  const version = agentVersion === undefined ? '' : ` version ${agentVersion}`;
  return finalFailure({ code: 'invalid_request', message: `There is no agent "${shorten(agentId)}"${version}.` });
}

/** An execution on its own belongs to no workflow. */
function refuseForeignWorkflow(agent: Agent, { token }: ExecutionRequest): void {
  if (token === undefined || isAllowedIn(agent, token.workflowId)) return;
  const message = `Agent "${agent.id}" is not allowed in workflow "${token.workflowId}": see its allowedWorkflows.`;
  throw finalFailure({ code: 'agent_forbidden', message });
}

interface Running {
  readonly request: ExecutionRequest;
  readonly execution: AgentExecution;
}

/** Idempotent: a repeat finds the execution's own prompts and adds nothing. */
async function addPrompts(parts: ActivityParts, agent: Agent, running: Running): Promise<number> {
  const { execution, request } = running;
  const { conversationId, createdAt, tokenId } = execution;
  const { instructions, user, pictures } = filledPrompts(agent, request);
  const whose = tokenId === undefined ? {} : { tokenId };
  await parts.storage.conversations.create({ id: conversationId, agentId: agent.id, ...whose, createdAt });
  const mark = { timestamp: createdAt, executionId: execution.id };
  const asked: Message = { role: 'user', content: user, ...picturesIn(pictures), ...mark };
  const told: Message = { role: 'system', content: instructions, ...mark };
  const count = await appendMessages(parts, conversationId, (before) =>
    instructions === instructionsIn(before) ? [asked] : [told, asked],
  );
  if (count !== undefined) return count;
  const message = `The conversation "${conversationId}" was deleted meanwhile.`;
  throw finalFailure({ code: 'invalid_request', message });
}

/** What the model goes by that speaks next: of another agent, or of another version, it would be somebody else's. */
function instructionsIn(messages: readonly Message[]): string {
  return messages.findLast(({ role }) => role === 'system')?.content ?? '';
}

function picturesIn(pictures: readonly InputPicture[]): Pick<Message, 'pictures'> {
  return pictures.length === 0 ? {} : { pictures: pictures.map(({ name, shown }) => ({ input: name, shown })) };
}

/** Also judges the pictures, before anything is sent or stored. */
function filledPrompts(
  agent: Agent,
  { input, token, overrides }: ExecutionRequest,
): FilledPrompts & Pick<InputWithPictures, 'pictures'> {
  try {
    const { shown, pictures } = takePictures(input);
    const provider = { ...agent.llmProvider, model: overrides?.model ?? agent.llmProvider.model };
    const { model } = provider;
    const given = pictures.map(({ picture }) => picture);
    checkPictures(given, { model, limits: capabilitiesOf(provider).pictures });
    return { ...fillPrompts(agent.prompts, promptVariables(shown, token)), pictures };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw finalFailure({ code: error.code, message: `Agent "${agent.id}" version ${agent.version}: ${error.message}` });
  }
}
