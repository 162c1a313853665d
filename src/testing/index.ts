/**
 * `circuit-breaker/testing`: workflows in milliseconds, on the engine that production runs, with agents that say what the test has
 * them say and a clock of its own. Works in any test runner; under vitest `expect(token)` knows `toBeIn`.
 */
export { after, fails, type AgentAnswer, type AgentCall, type AgentScript } from './agent-script.js';
export { replayToken, type Difference, type ReplayedToken } from './replay-token.js';
export { readWorkflow } from './read-workflow.js';
export { runWorkflow, type RefusedStep, type RunOptions, type Step, type TestedToken } from './run-workflow.js';
export type { Span } from './span.js';
export type { TestedExecution } from './virtual-token.js';
export { tokenMatchers } from './matchers.js';
import './extend-vitest.js';
