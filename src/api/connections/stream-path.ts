export const AGENT_STREAM_ROUTE = '/agent-stream/*';
const PATH = /^\/agent-stream\/(.+)$/;

/** The execution whose stream an address is; undefined for any other. A plain Temporal client's id may have slashes. */
export function agentStreamPath(url: URL): string | undefined {
  const id = PATH.exec(url.pathname)?.[1];
  try {
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    // Like any other that nobody has.
    return id;
  }
}
