import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

import { buildConnector } from 'undici';

import type { HostRule } from '../core/web-hosts.js';
import { ForbiddenAddress, isPrivatelyAllowed, literalAddress } from './forbidden-address.js';
import { isMetadataAddress, isPublicAddress } from './public-address.js';

/** Asks for all addresses of a name. */
export type LookUp = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface JudgedConnectOptions {
  /** Hosts that may be at any address; all others are reached at public ones only. */
  readonly privateHosts: readonly HostRule[];
  readonly timeoutMs: number;
  /** Absent: the system's. */
  readonly lookup?: LookUp;
}

/**
 * Connects to addresses only that may be reached under the name, and port, that was asked for; throws ForbiddenAddress where
 * there are none. A name is looked up once for each connection, and the connection goes to what was judged: a name that means
 * another address a moment later leads nowhere else. Nothing is sent before that, and a connection that is kept stays where it is.
 */
export function judgedConnect(options: JudgedConnectOptions): buildConnector.connector {
  const { privateHosts, timeoutMs: timeout, lookup = systemLookup } = options;
  const anywhere = buildConnector({ timeout, lookup: judgedLookup(lookup, (address) => !isMetadataAddress(address)) });
  const toPublic = buildConnector({ timeout, lookup: judgedLookup(lookup, isPublicAddress) });
  return (target, done) => {
    const url = new URL(`${target.protocol}//${target.host ?? target.hostname}`);
    const isAllowed = isPrivatelyAllowed(url, privateHosts);
    const address = literalAddress(url);
    // No name is looked up for an address: it is judged here, and one that is allowed is allowed as it stands.
    if (address !== undefined && !isAllowed && !isPublicAddress(address)) {
      done(new ForbiddenAddress(url.host), null);
      return;
    }
    const connect = isAllowed ? anywhere : toPublic;
    connect(target, (...[error, socket]) => {
      if (error instanceof NoneAllowed) done(new ForbiddenAddress(url.host, { isAllowed }), null);
      else if (error === null) done(null, socket);
      else done(error, null);
    });
  };
}

/** Looks names up, and leaves out the addresses that are not allowed. */
function judgedLookup(lookup: LookUp, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, answer) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        answer(error, '', 0);
        return;
      }
      const addresses = found.filter(({ address }) => isAllowed(address));
      const [first] = addresses;
      if (first === undefined) answer(new NoneAllowed(), '', 0);
      else if (options.all === true) answer(null, addresses);
      else answer(null, first.address, first.family);
    });
  };
}

class NoneAllowed extends Error {}
