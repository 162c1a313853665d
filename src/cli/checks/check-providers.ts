import { wordsOf } from '../../core/errors.js';
import { privateHosts } from '../../compose/private-hosts.js';
import { REAL_MODELS } from '../../compose/real-models.js';
import type { Config } from '../../config.js';
import { hostRuleText } from '../../core/web-hosts.js';
import type { Credentials } from '../../providers/keys/host-bound-keys.js';
import { createDispatcher } from '../../providers/connection/dispatcher.js';
import { createProviderDirectory } from '../../providers/directory/provider-directory.js';
import type { ProviderStatus } from '../../providers/directory/provider-status.js';
import { readCredentials } from '../../providers/keys/read-credentials.js';
import { missing, note, ok, type Finding } from './finding.js';

const SHOWN_MODELS = 4;

/**
 * Asks every account whether it works, and lists the credentials by their names. A provider that is away keeps nobody
 * from starting.
 */
export async function checkProviders(config: Config): Promise<readonly Finding[]> {
  let credentials: Credentials;
  try {
    credentials = readCredentials(config.providers, config.secrets);
  } catch (error) {
    return [missing('Providers', wordsOf(error))];
  }
  const dispatcher = createDispatcher({
    connectionTimeoutMs: config.connectionTimeoutSeconds * 1000,
    privateHosts: privateHosts(config, credentials),
  });
  try {
    const statuses = await createProviderDirectory({ credentials, dispatcher }).check();
    const none = statuses.every(({ type }) => type === 'mock');
    return [
      ...statuses.map(providerFinding),
      ...(none ? [note('Providers', `Agents can run on the mock only. For real models ${REAL_MODELS}.`)] : []),
      ...credentialFindings(credentials),
      ...privateFindings(config),
    ];
  } finally {
    await dispatcher.destroy();
  }
}

function providerFinding({ type, baseUrl, works, message, models }: ProviderStatus): Finding {
  const place = baseUrl === undefined ? '' : ` (${baseUrl})`;
  if (!works) return { state: 'FAIL', subject: type, text: message + place };
  const first = models.slice(0, SHOWN_MODELS).join(', ');
  const more = models.length > SHOWN_MODELS ? ', …' : '';
  return ok(type, `${message}${place}${first === '' ? '' : ` ${first}${more}`}`);
}

function privateFindings({ webHosts: { privateHosts: allowed } }: Config): readonly Finding[] {
  if (allowed.length === 0) return [];
  const hosts = allowed.map(hostRuleText).join(', ');
  return [ok('Private hosts', `Agents and tools may name ${hosts}, also on this machine and its network.`)];
}

/** Names and hosts, never values. */
function credentialFindings({ named }: Credentials): readonly Finding[] {
  return [...named].map(([name, { hosts }]) =>
    hosts.length === 0
      ? note('Credential', `${name} goes nowhere: set ${name}_HOSTS to the hosts that may have it.`)
      : ok('Credential', `${name} may go to ${hosts.join(', ')}.`),
  );
}
