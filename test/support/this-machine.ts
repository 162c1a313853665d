import { parseHostRule } from '../../src/core/web-hosts.js';
import { mayName } from '../../src/http/forbidden-address.js';

/** Servers that tests play are on this machine, at ports that nobody knows beforehand: ALLOWED_PRIVATE_HOSTS for processes, */
export const ALLOWED_PRIVATE_HOSTS = '127.0.0.1,localhost';

/** … what it means, */
export const THIS_MACHINE = ALLOWED_PRIVATE_HOSTS.split(',').flatMap((host) => parseHostRule(host) ?? []);

/** … and what definitions may name by it. */
export const mayNameThisMachine = (url: URL): boolean => mayName(url, THIS_MACHINE);
