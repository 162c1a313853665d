import type { AgentUse } from '../definitions/definition.js';
import { executionIdOf, joinedExecutionIdOf } from '../executions/execution-id.js';
import { sharedVersion } from '../definitions/rollout.js';
import type { ExecutionOverrides, ExecutionRequest } from '../executions/execution.js';
import { mapInput, structuredOutputs } from '../executions/mapping.js';
import type { TokenFields } from '../json/path.js';
import { jsonSize } from '../tokens/token-size.js';
import { ask, withToken, type Progress } from './progress.js';

interface AgentStart {
  readonly use: AgentUse;
  /** The transition or the place agent that runs it. */
  readonly startedBy: { readonly transitionId: string } | { readonly placeAgentId: string };
  /** What the input is mapped from. */
  readonly fields: TokenFields;
  /** Its output will change nothing. */
  readonly shadow?: true;
}

/** Asks for an execution, which gets the next number of the token's executions, and takes of the room that there is for starts. */
export function startAgent(
  progress: Progress,
  start: AgentStart,
): { readonly progress: Progress; readonly executionId: string } {
  const execution = executionRequest(progress, start);
  progress.bounds.starts.take(jsonSize(execution));
  const counted = withToken(progress, { executionCount: progress.token.executionCount + 1 });
  return { progress: ask(counted, { type: 'start-execution', execution }), executionId: execution.executionId };
}

function executionRequest(
  { token, facts }: Progress,
  { use, startedBy, fields, shadow }: AgentStart,
): ExecutionRequest {
  const idOf = facts.joinsExecutionIds === true ? joinedExecutionIdOf : executionIdOf;
  const executionId = idOf({
    tokenId: token.id,
    startedBy: 'transitionId' in startedBy ? startedBy.transitionId : startedBy.placeAgentId,
    number: token.executionCount + 1,
    ...(facts.executionIdSuffix === undefined ? {} : { suffix: facts.executionIdSuffix }),
  });
  return {
    executionId,
    agentId: use.agentId,
    ...versionFor(use, token.id),
    input: mapInput(use.inputMapping, fields),
    token: {
      id: token.id,
      workflowId: token.workflowId,
      place: token.place,
      metadata: token.metadata,
      transitionCount: token.transitionCount,
      ...startedBy,
    },
    overrides: overridesOf(use),
    ...(shadow === undefined ? {} : { shadow }),
  };
}

/** Of versions that run side by side, the one whose share the token is in: by another hash than that of the rollout. */
function versionFor(
  { agentId, agentVersion, agentVersions }: AgentUse,
  tokenId: string,
): Pick<ExecutionRequest, 'agentVersion'> {
  const version = agentVersions === undefined ? agentVersion : sharedVersion(agentVersions, `${agentId} ${tokenId}`);
  return version === undefined ? {} : { agentVersion: version };
}

function overridesOf(use: AgentUse): ExecutionOverrides {
  const outputs = structuredOutputs(use.outputMapping);
  return {
    ...(use.model === undefined ? {} : { model: use.model }),
    ...(use.llmConfig === undefined ? {} : { llmConfig: use.llmConfig }),
    ...(use.timeoutSeconds === undefined ? {} : { timeoutSeconds: use.timeoutSeconds }),
    ...(use.retryConfig === undefined ? {} : { retryConfig: use.retryConfig }),
    ...(use.delivery === undefined ? {} : { delivery: use.delivery }),
    ...(outputs.length === 0 ? {} : { outputs }),
  };
}
