import { createHash, randomBytes } from 'node:crypto';

import { AccessTokens } from '../api/access/access-tokens.js';
import { Doorkeeper } from '../api/access/doorkeeper.js';
import { SignOn } from '../api/access/sign-on.js';
import { StreamTickets } from '../api/access/stream-tickets.js';
import { followTokensFile, readTokensFile } from '../api/access/tokens-file.js';
import { isLocked } from '../config.js';
import type { AccessEntry } from '../core/access/access-entry.js';
import { openApiLimit } from './open-api-limit.js';
import type { ProcessParts } from './run-process.js';

/** The one who lets callers in, by what the environment names. Throws VALIDATION_FAILED for a file of tokens that cannot be used. */
export async function openAccess(parts: ProcessParts): Promise<Doorkeeper> {
  const { config, logger, resources } = parts;
  const limit = await openApiLimit(parts);
  const limits = limit === undefined ? {} : { limit };
  const { access, executionTimeoutSeconds, streamRetentionSeconds } = config;
  const { token, tokensFile, signOn, streamSecrets } = access;
  const tickets = new StreamTickets({
    secrets: streamSecrets.length > 0 ? streamSecrets : [randomBytes(32).toString('hex')],
    lifeSeconds: executionTimeoutSeconds + streamRetentionSeconds,
  });
  if (!isLocked(access)) return new Doorkeeper({ checks: [], tickets, ...limits });
  if (streamSecrets.length === 0) {
    logger.info('STREAM_AUTH_SECRET is not set: tickets for streams open them at this process only, until it ends');
  }
  const own = token === undefined ? [] : [ownerOf(token)];
  const tokens = new AccessTokens(own);
  if (tokensFile !== undefined) {
    const take = (entries: readonly AccessEntry[]) => {
      tokens.replace([...own, ...entries]);
    };
    take(readTokensFile(tokensFile));
    resources.add('the file of tokens', followTokensFile(tokensFile, take, logger));
  }
  const checks = signOn === undefined ? [tokens] : [tokens, new SignOn(signOn)];
  return new Doorkeeper({ checks, tickets, ...limits });
}

function ownerOf(token: string): AccessEntry {
  const sha256 = createHash('sha256').update(token).digest('hex');
  return { name: 'AGENT_ACCESS_TOKEN', sha256, role: 'administer' };
}
