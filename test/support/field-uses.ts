/** How each field is used, on what is there: the token `t`, its execution `e`, the workflow `w`, the agent `a`. */
export const FIELD_USES: Readonly<Record<string, string>> = {
  agent: '{ agent(id: "a") { id } }',
  agentConversations: '{ agentConversations(agentId: "a") { id } }',
  agentExecution: '{ agentExecution(id: "e") { id } }',
  agentExecutions: '{ agentExecutions { nodes { id } } }',
  agents: '{ agents { id } }',
  approvals: '{ approvals { nodes { toolCallId } } }',
  auditLog: '{ auditLog { nodes { sequence } } }',
  availableTransitions: '{ availableTransitions(tokenId: "t") { id } }',
  conversation: '{ conversation(id: "c") { id } }',
  llmProviders: '{ llmProviders { message } }',
  placeAgentConfigs: '{ placeAgentConfigs { id } }',
  token: '{ token(id: "t") { id } }',
  tokenEvents: '{ tokenEvents(tokenId: "t") { sequence } }',
  tokenExecutions: '{ tokenExecutions(tokenId: "t") { id } }',
  tokens: '{ tokens { nodes { id } } }',
  toolServers: '{ toolServers { name } }',
  usageReport: '{ usageReport(since: "2020-01-01T00:00:00Z") { executions } }',
  validateWorkflow:
    '{ validateWorkflow(input: {name: "N", places: ["p", "q"], initialPlace: "p", transitions: [{id: "go", fromPlaces: ["p"], toPlace: "q"}]}) { code } }',
  workflow: '{ workflow(id: "w") { id } }',
  workflows: '{ workflows { id } }',
  applyDefinitions:
    'mutation { applyDefinitions(input: {workflows: [{id: "w", name: "N", places: ["p", "q"], initialPlace: "p", transitions: [{id: "go", fromPlaces: ["p"], toPlace: "q"}]}]}) { workflows { id } } }',
  approveToolCall: 'mutation { approveToolCall(executionId: "e", toolCallId: "x") { id } }',
  cancelAgentExecution: 'mutation { cancelAgentExecution(id: "e") { id } }',
  cancelToken: 'mutation { cancelToken(id: "t") { id } }',
  createAgent:
    'mutation { createAgent(input: {name: "N", llmProvider: {type: mock, model: "m"}, prompts: {system: "s", userTemplate: "u"}}) { id } }',
  createPlaceAgentConfig:
    'mutation { createPlaceAgentConfig(input: {id: "pa", workflowId: "w", placeId: "p", agentId: "a"}) { id } }',
  createStreamTicket: 'mutation { createStreamTicket(executionId: "e") { ticket } }',
  createToken: 'mutation { createToken(input: {workflowId: "w"}) { id } }',
  createWorkflow:
    'mutation { createWorkflow(input: {id: "w", name: "N", places: ["p", "q"], initialPlace: "p", transitions: [{id: "go", fromPlaces: ["p"], toPlace: "q"}]}) { id } }',
  deleteAgent: 'mutation { deleteAgent(id: "unused") }',
  deletePlaceAgentConfig: 'mutation { deletePlaceAgentConfig(id: "nothing") }',
  deleteToken: 'mutation { deleteToken(id: "nothing") }',
  executeAgent: 'mutation { executeAgent(input: {agentId: "a"}) { id } }',
  fireTransition: 'mutation { fireTransition(input: {tokenId: "t", transitionId: "go"}) { executionId } }',
  // Found, and then refused: it has one version.
  migrateTokens: 'mutation { migrateTokens(workflowId: "w", fromVersion: 1, toVersion: 1) { migrated } }',
  rejectToolCall: 'mutation { rejectToolCall(executionId: "e", toolCallId: "x") { id } }',
  retryToken: 'mutation { retryToken(id: "t") { id } }',
  triggerPlaceAgents: 'mutation { triggerPlaceAgents(tokenId: "t") { id } }',
  updateAgent:
    'mutation { updateAgent(id: "a", input: {name: "N", llmProvider: {type: mock, model: "m"}, prompts: {system: "s", userTemplate: "u"}}) { id } }',
  updateToken: 'mutation { updateToken(id: "t", data: {a: 1}) { id } }',
  agentExecutionStream: 'subscription { agentExecutionStream(executionId: "e") { sequence } }',
  tokenStream: 'subscription { tokenStream(tokenId: "t") { sequence } }',
  tokenUpdates: 'subscription { tokenUpdates(tokenId: "t") { sequence } }',
  workflowEvents: 'subscription { workflowEvents(workflowId: "w") { sequence } }',
};
