import { readTokensFile } from '../../api/access/tokens-file.js';
import { readTlsFiles } from '../../api/connections/tls-files.js';
import { isLocked, type Config } from '../../config.js';
import { isLoopback } from '../../core/loopback.js';
import { neededFinding, note, ok, type Finding } from './finding.js';

/** Who would be let in, and whether what they show can be read on the way. */
export async function checkAccess(config: Config, now = Date.now()): Promise<readonly Finding[]> {
  const doors = await neededFinding('Access', () => Promise.resolve(ok('Access', whoIsLetIn(config, now))));
  const { tls, host } = config;
  if (tls !== undefined) {
    const certificate = () => {
      readTlsFiles(tls);
      return Promise.resolve(ok('TLS', 'The certificate and its key can be read.'));
    };
    return [doors, await neededFinding('TLS', certificate)];
  }
  if (!isLocked(config.access) || isLoopback(host)) return [doors];
  const advice = 'have a proxy end TLS in front, or set TLS_CERT_FILE and TLS_KEY_FILE';
  return [doors, note('TLS', `HOST is ${host}, and tokens can be read on the way to it: ${advice}.`)];
}

function whoIsLetIn({ access }: Config, now: number): string {
  const { token, tokensFile, signOn } = access;
  if (!isLocked(access)) return 'Anybody on this machine, and nobody else, may do everything.';
  const entries = tokensFile === undefined ? [] : readTokensFile(tokensFile);
  const expired = entries.filter(({ expiresAt = Infinity }) => expiresAt <= now).length;
  const some = [
    ...(token === undefined ? [] : ['AGENT_ACCESS_TOKEN']),
    ...(tokensFile === undefined ? [] : [`one of ${entries.length} in ${tokensFile} (${expired} expired)`]),
    ...(signOn === undefined ? [] : [`one of ${signOn.issuer}`]),
  ];
  return `Whoever shows a token: ${some.join(', or ')}.`;
}
