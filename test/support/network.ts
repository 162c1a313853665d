import { CuttingProxy } from './cutting-proxy.js';

/** Variables that say where a server is, and the port where its address names none. */
const SERVERS = {
  TEMPORAL_ADDRESS: 7233,
  STORAGE_URL: 5432,
  STREAM_URL: 6379,
  AGENT_STORAGE_URL: 4222,
  OPENAI_BASE_URL: 80,
} as const;

export type Server = keyof typeof SERVERS;

/** What is between processes and their servers, a line for each pair: it can be cut, made silent or slow. */
export class Network {
  readonly #lines = new Map<string, CuttingProxy>();

  /** The environment of a process, in which the servers are at this end of its lines. */
  async through(
    process: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>> {
    const through = { ...environment };
    for (const server of Object.keys(SERVERS) as Server[]) {
      const address = environment[server];
      if (address === undefined) continue;
      const url = new URL(address.includes('://') ? address : `tcp://${address}`);
      url.port ||= String(SERVERS[server]);
      const line = await CuttingProxy.start(url.href);
      this.#lines.set(`${process} ${server}`, line);
      through[server] = address.replace(`${url.hostname}:${url.port}`, `127.0.0.1:${line.port}`);
    }
    return through;
  }

  /** The line between a process and a server of its. */
  line(process: string, server: Server): CuttingProxy {
    const line = this.#lines.get(`${process} ${server}`);
    if (line === undefined) throw new Error(`${process} has no line to ${server}`);
    return line;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.stop()));
  }
}
