/** What the worker bundles: the Temporal workflows of this product, by their type names. */
export { agentExecution } from './agent-execution.js';
export { batchCollector, modelBatch } from './model-batches.js';
export { tokenLifecycle } from './token-lifecycle.js';
