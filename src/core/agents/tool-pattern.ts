const ALL_OF_A_SERVER = /^(mcp\/[^/*]+\/)\*$/;

/** Whether one of an agent's names and patterns means a tool. A pattern is `mcp/<server>/*`: all tools of an MCP server. */
export function isAmongTools(names: readonly string[], tool: string): boolean {
  return names.some((name) => meansTool(name, tool));
}

export function meansTool(name: string, tool: string): boolean {
  const server = ALL_OF_A_SERVER.exec(name)?.[1];
  return server === undefined ? name === tool : tool.startsWith(server);
}

/** The patterns that mean some of these tools. */
export function patternsOf(tools: readonly string[]): readonly string[] {
  const servers = tools.flatMap((tool) => /^mcp\/[^/]+\//.exec(tool)?.[0] ?? []);
  return [...new Set(servers)].map((server) => `${server}*`);
}
