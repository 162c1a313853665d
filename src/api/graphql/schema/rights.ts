import type { Right } from '../../../core/access/right.js';

/** What it takes to use each field of the schema. One without a row keeps the API from starting. */

const read: Right = { role: 'read' };
const watch: Right = { role: 'read', ticketFor: 'executionId' };
const operate: Right = { role: 'operate' };
const administer: Right = { role: 'administer' };
/** Agents serve all workflows, and an execution by itself is of none. */
const operateOnAll: Right = { role: 'operate', unlimited: true };
const administerAll: Right = { role: 'administer', unlimited: true };

/** By the names of the fields. */
export type RightsOf = Readonly<Record<string, Right>>;

export const RIGHTS: Readonly<Record<'Query' | 'Mutation' | 'Subscription', RightsOf>> = {
  Query: {
    agent: read,
    agentConversations: read,
    agentExecution: read,
    agentExecutions: read,
    agents: read,
    alerts: read,
    approvals: read,
    auditLog: administerAll,
    availableTransitions: read,
    conversation: read,
    llmProviders: read,
    placeAgentConfigs: read,
    rolloutReport: read,
    token: read,
    tokenEvents: read,
    tokenExecutions: read,
    tokens: read,
    toolServers: read,
    usageReport: read,
    validateWorkflow: read,
    workflow: read,
    workflows: read,
  },
  Mutation: {
    applyDefinitions: administer,
    approveToolCall: operate,
    cancelAgentExecution: operate,
    cancelToken: operate,
    clearRollout: administer,
    createAgent: administerAll,
    createPlaceAgentConfig: administer,
    createStreamTicket: read,
    createToken: operate,
    createWorkflow: administer,
    deleteAgent: administerAll,
    deletePlaceAgentConfig: administer,
    deleteToken: administer,
    executeAgent: operateOnAll,
    fireTransition: operate,
    migrateTokens: operate,
    purgeCache: administerAll,
    rejectToolCall: operate,
    retryToken: operate,
    setLogLevel: administerAll,
    setRollout: administer,
    triggerPlaceAgents: operate,
    updateAgent: administerAll,
    updateToken: operate,
  },
  Subscription: {
    agentExecutionStream: watch,
    alertChanged: read,
    tokenStream: read,
    tokenUpdates: read,
    workflowEvents: read,
  },
};
