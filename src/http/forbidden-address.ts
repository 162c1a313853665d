import { isIP } from 'node:net';

import { ANY_HOST, hostName, namesHost, type HostRule } from '../core/web-hosts.js';
import { isMetadataAddress, isPublicAddress } from './public-address.js';

/** Names of this machine, whatever a resolver says of them: RFC 6761. */
const LOCALHOST = /(?:^|\.)localhost\.*$/;

/**
 * Whether an agent or a document may name an address, as far as its text tells: one of this machine or its network has to be
 * allowed by `ALLOWED_PRIVATE_HOSTS`. What a name leads to is judged where a connection is made.
 */
export function mayName(url: URL, privateHosts: readonly HostRule[]): boolean {
  if (isPrivatelyAllowed(url, privateHosts)) return true;
  const address = literalAddress(url);
  return address === undefined ? !LOCALHOST.test(url.hostname) : isPublicAddress(address);
}

/** Whether a host may be at an inner address: it is named, or all are and it is none that has to be named. */
export function isPrivatelyAllowed(url: URL, privateHosts: readonly HostRule[]): boolean {
  if (namesHost(privateHosts, url)) return true;
  if (!privateHosts.includes(ANY_HOST)) return false;
  const address = literalAddress(url);
  return address === undefined || !isMetadataAddress(address);
}

/** The address that a URL has in place of a name: no resolver is asked for it. */
export function literalAddress(url: URL): string | undefined {
  const address = hostName(url).replace(/^\[|\]$/g, '');
  return isIP(address) === 0 ? undefined : address;
}

/** Why a connection was not made: a host, with its port, is at no address where it may be reached. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';

  constructor(host: string, { isAllowed = false }: { readonly isAllowed?: boolean } = {}) {
    super(
      isAllowed
        ? `${host} leads to an address at which clouds tell the secrets of a machine: ALLOWED_PRIVATE_HOSTS would have to name that address itself.`
        : `${host} has no public address, and ALLOWED_PRIVATE_HOSTS does not name it.`,
    );
  }
}

/** The refusal in what a request failed with; addresses tried in parallel come as an AggregateError. */
export function forbiddenIn(error: unknown): ForbiddenAddress | undefined {
  if (error instanceof ForbiddenAddress) return error;
  if (!(error instanceof Error)) return undefined;
  const within: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return [...within, error.cause].map(forbiddenIn).find((found) => found !== undefined);
}
