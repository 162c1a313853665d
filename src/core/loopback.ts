/** Whether a host, as an address or a URL names it, is this machine itself: what is sent there passes no network. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);
}
