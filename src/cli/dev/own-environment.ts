import { join } from 'node:path';

import { processVariables } from '../../config.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { isLoopback } from '../../core/loopback.js';
import { ENVIRONMENTS_FILE, readEnvironment } from '../../folder/environments.js';
import { isThere } from '../is-there.js';

/** What commands in a folder find, compared with the server that develops it. */
export interface OwnEnvironment {
  /** What they show to this server. */
  readonly token?: string;
  /** What somebody should know: they go elsewhere, or nowhere. */
  readonly warning?: string;
}

/** Where commands in a folder go by themselves, for a server that is at `address`. */
export async function ownEnvironment(folder: string, address: string): Promise<OwnEnvironment> {
  try {
    const { url, token } = await readEnvironment(folder, { variables: processVariables() });
    if (isSame(new URL(url), new URL(address))) return token === undefined ? {} : { token };
    const advice = `name ${address} as its default server`;
    return {
      warning: (await isThere(join(folder, ENVIRONMENTS_FILE)))
        ? `Commands in this folder go to ${url}, and this server is at ${address}: ${advice} in ${ENVIRONMENTS_FILE}.`
        : `There is no ${ENVIRONMENTS_FILE}, so commands in this folder go to ${url}, and this server is at ${address}: ${advice} there.`,
    };
  } catch (error) {
    if (!(error instanceof CircuitBreakerError)) throw error;
    return { warning: `Commands in this folder find no server: ${error.message}` };
  }
}

/** All names of this machine for itself are one. */
function isSame(one: URL, other: URL): boolean {
  if (one.protocol !== other.protocol || one.port !== other.port) return false;
  return one.hostname === other.hostname || (isLoopback(one.hostname) && isLoopback(other.hostname));
}
