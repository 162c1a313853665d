import type { Config } from '../config.js';
import { ANY_HOST, type HostRule } from '../core/web-hosts.js';
import { placesOf, type Credentials } from '../providers/keys/host-bound-keys.js';

/**
 * The hosts at which agents may have their models wherever these are: what `ALLOWED_PRIVATE_HOSTS` names, and where whoever runs this
 * process has put the providers. Where that is not set and nobody but this machine is served: all.
 */
export function privateHosts(
  { webHosts, modelsMayBeNear }: Pick<Config, 'webHosts' | 'modelsMayBeNear'>,
  credentials: Credentials,
): readonly HostRule[] {
  return [...webHosts.privateHosts, ...placesOf(credentials), ...(modelsMayBeNear ? [ANY_HOST] : [])];
}
