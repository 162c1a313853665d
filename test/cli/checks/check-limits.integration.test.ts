import { describe, expect, it } from 'vitest';

import { checkLimits } from '../../../src/cli/checks/check-limits.js';
import { parseConfig } from '../../../src/config.js';
import { freePort } from '../../support/free-port.js';
import { canTestRedis, testRedisUrl } from '../../support/redis.js';

async function found(environment: Record<string, string>): Promise<string> {
  const [finding] = await checkLimits(parseConfig(environment, { isTerminal: false }));
  return `${finding?.state ?? ''} ${finding?.text ?? ''}`;
}

describe('the doctor, asked for the limits', async () => {
  it('says that there are none', async () => {
    expect(await found({})).toBe(
      'ok Callers ask as often as they like (API_RATE_LIMIT_PER_MINUTE); models are called as often as agents need them (RATE_LIMIT_PER_MINUTE).',
    );
  });

  it('says which there are, and who may say where a request comes from', async () => {
    const limits = { API_RATE_LIMIT_PER_MINUTE: '600', RATE_LIMIT_PER_MINUTE: '60', TRUSTED_PROXIES: '10.0.0.0/8' };
    expect(await found(limits)).toBe(
      'ok 600 requests a minute for each caller, counted by each API process; 60 calls of models a minute for all workers; 10.0.0.0/8 may say where a request comes from.',
    );
  });

  it.runIf(await canTestRedis())('says where they are counted, and where that cannot be reached', async () => {
    const limit = { API_RATE_LIMIT_PER_MINUTE: '600' };
    expect(await found({ ...limit, STREAM_URL: testRedisUrl(9) })).toMatch(/^ok 600 .* counted by Redis at /);
    const away = await found({ ...limit, RATE_LIMIT_URL: `redis://user:hunter22@127.0.0.1:${await freePort()}` });
    expect(away).toMatch(
      /^note 600 .*\nRedis cannot be reached \(.*ECONNREFUSED.*\)\. Each API process counts by itself/,
    );
    expect(away).not.toContain('hunter22');
  });
});
