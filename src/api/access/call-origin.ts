import type { IncomingMessage } from 'node:http';

/** Where a call comes from, for the audit. */
export interface CallOrigin {
  readonly requestId: string;
  /** Of the connection: behind a proxy, that of the proxy. Absent: the connection is gone already. */
  readonly address?: string;
}

/** As a socket that takes both has the address of an IPv4 one. */
const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/i;

export function callOrigin({ socket }: Pick<IncomingMessage, 'socket'>, requestId: string): CallOrigin {
  const address = socket.remoteAddress?.replace(IPV4_IN_IPV6, '');
  return { requestId, ...(address === undefined ? {} : { address }) };
}
