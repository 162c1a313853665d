export * from './agents.js';
export * from './conversations.js';
export * from './executions.js';
export * from './place-agents.js';
export * from './stream-entries.js';
export * from './temporal-home.js';
export * from './tokens.js';
export * from './workflows.js';
export { circuitBreaker } from './database-schema.js';
