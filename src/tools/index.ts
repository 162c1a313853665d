/** The package entry `circuit-breaker/tools`: what a module in `TOOLS_DIR` imports. */
export { defineTool, type ToolDefinition } from './define-tool.js';
export { ToolError } from './tool-error.js';
export type { Tool, ToolContext, ToolLogger } from './tool.js';
