/**
 * The package entry `circuit-breaker`: names, messages and codes of the wire, for programs that work tokens with Temporal's own client
 * or tell errors apart by their codes. Loads what that client loads, and neither a worker nor a server.
 */
export {
  BLOCKER_CODES,
  ERROR_STATUS,
  EXECUTION_ERROR_CODES,
  INPUT_PROBLEM_CODES,
  MIGRATION_BLOCKER_CODES,
  TOKEN_INCIDENT_CODES,
  isErrorCode,
  type BlockerCode,
  type ErrorCode,
  type ExecutionErrorCode,
  type IncidentCode,
  type MigrationBlockerCode,
  type ProblemCode,
} from '../core/codes.js';
export type { TransitionAvailability } from '../core/engine/available-transitions.js';
export type { ExecutionRequest, ExecutionResult } from '../core/executions/execution.js';
export type { Approve, Reject, ToolApproval } from '../core/executions/tool-approval.js';
export type { JsonObject, JsonValue } from '../core/json/json.js';
export type { Blocker } from '../core/rules/blocker.js';
export type { FireRequest } from '../core/tokens/fire-request.js';
export type { MigrateRequest } from '../core/tokens/migrate-request.js';
export type { HistoryEntry, Incident, PendingTransition, Token, TokenStatus } from '../core/tokens/token.js';
export type { UpdateRequest } from '../core/tokens/update-request.js';
export { wholeResult } from './carried-result.js';
export { failureFacts, type FailureFacts } from './failure-facts.js';
export {
  AGENT_EXECUTION,
  TOKEN_LIFECYCLE,
  acceptedFireQuery,
  approveToolCallUpdate,
  availableTransitionsQuery,
  cancelUpdate,
  fireTransitionSignal,
  fireUpdate,
  migrateUpdate,
  pendingApprovalsQuery,
  placeAgentsChangedSignal,
  rejectToolCallUpdate,
  retryUpdate,
  taskQueues,
  tokenQuery,
  triggerPlaceAgentsUpdate,
  updateTokenUpdate,
  type AgentExecution,
  type FireAccepted,
  type Migrated,
  type TokenAnswer,
  type TokenLifecycle,
  type TokenStart,
  type Triggered,
} from './messages.js';
export { searchAttributes } from './search-attributes.js';
