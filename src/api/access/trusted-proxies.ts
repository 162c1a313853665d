import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';

/** As a socket that takes both has the address of an IPv4 one. */
const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/i;
/** Some proxies say the port, too. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/i;

/** What of a request says where it comes from. */
export interface Told extends Pick<IncomingMessage, 'headers'> {
  readonly socket: Pick<Socket, 'remoteAddress'>;
}

/** Those whose word counts on where a request comes from: whoever else says something is not asked. */
export class TrustedProxies {
  readonly #ranges = new BlockList();

  /** Addresses, or ranges of them, like `10.0.0.0/8`. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [text = '', prefix] = range.split('/');
      const address = plain(text);
      if (prefix === undefined) this.#ranges.addAddress(address, familyOf(address));
      else this.#ranges.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  /**
   * Where a request comes from: as its connection says, or, where that is of a trusted proxy, as the proxy says by
   * `X-Forwarded-For`, and so on. Undefined: the connection is gone already.
   */
  callerAddress({ socket, headers }: Told): string | undefined {
    if (socket.remoteAddress === undefined) return undefined;
    let address = plain(socket.remoteAddress);
    const told = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
    while (this.#trusts(address)) {
      const before = plain(told.pop() ?? '');
      // What is no address was said by nobody who is trusted to say one.
      if (isIP(before) === 0) break;
      address = before;
    }
    return address;
  }

  #trusts(address: string): boolean {
    return this.#ranges.check(address, familyOf(address));
  }
}

function plain(text: string): string {
  const address = text.trim();
  const [, v6, v4] = WITH_PORT.exec(address) ?? [];
  return (v6 ?? v4 ?? address).replace(IPV4_IN_IPV6, '');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
