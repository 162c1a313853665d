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

/** Workers say every minute how their servers are: one that has said nothing for so long has ended. */
export const SILENT_WORKER_MS = 150_000;

/** What a worker said of a server that it has, and when (RFC 3339). */
export interface SeenToolServer {
  readonly worker: string;
  readonly seenAt: string;
  readonly server: ToolServer;
}

/** A server as the workers have it that have one of its name: each starts or reaches its own. */
export interface SharedToolServer extends ToolServer {
  readonly workers: number;
  /** On how many of them it works: `works` says that it does on all. */
  readonly worksOn: number;
}

/**
 * One for each name, in the order in which they come. Workers that have said nothing since a time (RFC 3339) have ended, and count only where nobody
 * has said anything since: then what was said last is what is known.
 */
export function sharedToolServers(seen: readonly SeenToolServer[], since: string): readonly SharedToolServer[] {
  const names = [...new Set(seen.map(({ server }) => server.name))];
  return names.flatMap((name) => {
    const all = seen.filter(({ server }) => server.name === name);
    const newestFirst = all.toSorted((left, right) => (left.seenAt < right.seenAt ? 1 : -1));
    const present = newestFirst.filter(({ seenAt }) => seenAt >= since);
    const shared = sharedOf((present.length === 0 ? newestFirst.slice(0, 1) : present).map(({ server }) => server));
    return shared === undefined ? [] : [shared];
  });
}

function sharedOf(servers: readonly ToolServer[]): SharedToolServer | undefined {
  const [newest] = servers;
  if (newest === undefined) return undefined;
  const { errorMessage: _, ...rest } = newest;
  const works = servers.filter((server) => server.works);
  const tools = new Map(servers.flatMap((server) => server.tools.map((tool) => [tool.name, tool] as const)));
  const worst =
    servers.find((server) => !server.works) ?? servers.find(({ errorMessage }) => errorMessage !== undefined);
  const isSplit = works.length > 0 && works.length < servers.length;
  const where = isSplit ? `On ${servers.length - works.length} of ${servers.length} workers: ` : '';
  return {
    ...rest,
    works: works.length === servers.length,
    ...(worst?.errorMessage === undefined ? {} : { errorMessage: `${where}${worst.errorMessage}` }),
    tools: [...tools.values()],
    workers: servers.length,
    worksOn: works.length,
  };
}
