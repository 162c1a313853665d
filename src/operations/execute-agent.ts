import { checkInput } from '../core/json/check-json.js';
import { CircuitBreakerError, notFound, validationFailed } from '../core/errors.js';
import { isEnded, type AgentExecution, type ExecutionRequest } from '../core/executions/execution.js';
import { idProblems } from '../core/ids.js';
import { isJsonObject, type JsonValue } from '../core/json/json.js';
import { shortened } from '../core/json/shortened.js';
import { isExecutionOf, pendingExecution } from '../core/executions/pending-execution.js';
import { executionEnded } from './execution-ended.js';
import { tracedIn } from '../telemetry/execution-span.js';
import { unfilledPrompts } from '../core/validation/check-prompts.js';
import type { OperationParts } from './operation-parts.js';

export interface ExecuteAgentInput {
  readonly id?: string | null;
  readonly agentId: string;
  readonly agentVersion?: number | null;
  readonly input?: JsonValue;
  readonly conversationId?: string | null;
  readonly bypassCache?: boolean | null;
}

/** Runs an agent on its own. The same id with the same input gives back the first execution. */
export async function executeAgent(parts: OperationParts, input: ExecuteAgentInput): Promise<AgentExecution> {
  const { storage, temporal, traces, now } = parts;
  const request = requestOf(input);
  const stored = await storage.executions.get(request.executionId);
  if (stored === undefined) await refuseUnusableAgent(parts, request);
  else refuseOther(request, stored);
  // Before it is recorded: where the id is somebody else's, nothing is. A worker records it, too, should this process end now.
  if (stored === undefined || stored.status === 'PENDING') await temporal.startExecution(request);
  const traced = tracedIn(traces);
  const execution = await storage.executions.create({ ...pendingExecution(request, now()), ...traced });
  refuseOther(request, execution);
  return execution;
}

function refuseOther(request: ExecutionRequest, execution: AgentExecution): void {
  if (isExecutionOf(request, execution)) return;
  throw new CircuitBreakerError('ALREADY_EXISTS', `There is another execution "${request.executionId}".`);
}

/** As much of a reason as its history shows. */
const MAX_REASON_LENGTH = 1000;

/** Asks an execution to stop. Its stream ends when it has. */
export async function cancelExecution(parts: OperationParts, id: string, reason: string): Promise<AgentExecution> {
  const { storage, temporal, now } = parts;
  const execution = await storage.executions.get(id);
  if (execution === undefined) throw notFound('execution', id);
  if (isEnded(execution.status)) return execution;
  const isRunning = await temporal.cancelExecution(id, shortened(reason, MAX_REASON_LENGTH));
  if (isRunning || execution.status !== 'PENDING') return (await storage.executions.get(id)) ?? execution;
  // Recorded and never started: its start failed. Should it come after all, it finds that it has ended.
  const errorMessage = 'It was cancelled before it began.';
  const end = { status: 'CANCELLED', errorCode: 'cancelled', errorMessage, completedAt: now() } as const;
  const ended = await storage.executions.end(id, end);
  if (ended.isNews) executionEnded(parts, ended.execution);
  return ended.execution;
}

function requestOf(input: ExecuteAgentInput): ExecutionRequest {
  const problems = [
    ...checkInput(input),
    ...idProblems(input.id, '/id'),
    ...idProblems(input.conversationId, '/conversationId'),
  ];
  if (problems.length > 0) throw validationFailed('The execution', problems);
  return {
    executionId: input.id ?? crypto.randomUUID(),
    agentId: input.agentId,
    ...(input.agentVersion == null ? {} : { agentVersion: input.agentVersion }),
    input: input.input ?? {},
    ...(input.conversationId == null ? {} : { conversationId: input.conversationId }),
    ...(input.bypassCache === true ? { bypassCache: true } : {}),
  };
}

async function refuseUnusableAgent(
  { storage }: OperationParts,
  { agentId, agentVersion, input }: ExecutionRequest,
): Promise<void> {
  const agent = await storage.agents.get(agentId, agentVersion);
  if (agent === undefined) throw notFound('agent', agentId);
  const names = isJsonObject(input) ? Object.keys(input) : [];
  const problems = unfilledPrompts(agent.prompts, names, '/input');
  if (problems.length > 0) throw validationFailed('The execution', problems);
}
