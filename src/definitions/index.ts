/** The package entry `circuit-breaker/definitions`: what a file of agents or workflows in TypeScript imports. */
export { defineAgent, type AgentInput, type AgentSource } from './define-agent.js';
export { defineWorkflow, type TransitionSource, type WorkflowInput, type WorkflowSource } from './define-workflow.js';
export { runAgent, type AgentUseSource } from './run-agent.js';
export type { Duration, InputPath, RuleSource, TokenPath, WritablePath } from './source-words.js';
