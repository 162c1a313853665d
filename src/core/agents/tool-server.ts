/** An MCP server as a worker has it, for whoever looks what there is. */
export interface ToolServer {
  readonly name: string;
  readonly transport: 'stdio' | 'streamable_http';
  /** Whether it answered last. */
  readonly works: boolean;
  /** Why it does not work, or which of its tools are left out and why. */
  readonly errorMessage?: string;
  /** By the names that agents know them by. */
  readonly tools: readonly ToolServerTool[];
}

export interface ToolServerTool {
  readonly name: string;
  readonly description: string;
}
