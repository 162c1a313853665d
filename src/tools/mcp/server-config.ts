import type { ToolServer } from '../../core/agents/tool-server.js';

/** A server that is a program of its own on this machine. */
export interface ProgramServer {
  readonly name: string;
  readonly transport: ToolServer['transport'] & 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** What it gets besides what all programs get; secrets are filled in. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A server at an address. */
export interface HttpServer {
  readonly name: string;
  readonly transport: ToolServer['transport'] & 'streamable_http';
  readonly url: URL;
  /** Secrets are filled in. */
  readonly headers: Readonly<Record<string, string>>;
}

export type McpServerConfig = ProgramServer | HttpServer;

/** Something wrong in the file; the message names file, server and field, and what to do. */
export interface McpFault {
  /** Absent: the file as a whole. */
  readonly server?: string;
  /** Absent where it does not say how it is reached. */
  readonly transport?: ToolServer['transport'];
  readonly message: string;
}

export interface McpConfig {
  readonly servers: readonly McpServerConfig[];
  readonly faults: readonly McpFault[];
  /** What no text of a server may show. */
  readonly secrets: readonly string[];
}
