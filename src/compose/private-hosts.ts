import type { Config } from '../config.js';
import type { HostRule } from '../core/web-hosts.js';
import { placesOf, type Credentials } from '../providers/keys/host-bound-keys.js';

/**
 * The hosts at which agents may have their models wherever these are: what `ALLOWED_PRIVATE_HOSTS` names, and where whoever runs this
 * process has put the providers.
 */
export function privateHosts({ webHosts }: Pick<Config, 'webHosts'>, credentials: Credentials): readonly HostRule[] {
  return [...webHosts.privateHosts, ...placesOf(credentials)];
}
