import { describe, expect, it } from 'vitest';

import { wordsOfCheck, wordsOfTakeover, type Checked } from '../../../src/cli/operator/upgrade-words.js';

const kind = (of: 'tokens' | 'executions' | 'batches', running: number, broken: readonly string[] = []) => ({
  kind: of,
  running,
  replayed: running,
  broken: broken.map((id) => ({ id, runId: 'r', reason: 'it would do otherwise' })),
});

const checked = (kinds: Checked['kinds']): Checked => ({
  ...{ version: '1.0.0', canGoOver: true, storage: { type: 'folder' }, kinds },
  deployment: { name: 'team', own: 'new', builds: [], kinds: [kind('tokens', 2), kind('executions', 0)] },
});

describe('the words of an upgrade', () => {
  it('name batches apart from what builds hold, and not at all where there are none', () => {
    const [batches, tokens] = wordsOfCheck(checked([kind('tokens', 0), kind('executions', 0), kind('batches', 3)]));
    expect(batches).toBe('batches: 3 running, 3 replayed, all can go over.');
    expect(tokens).toContain('tokens of other builds: 2 running');
    expect(wordsOfCheck(checked([kind('batches', 0)])).join('\n')).not.toContain('batches');
  });

  it('name each batch that keeps a build from becoming current', () => {
    const { broken } = kind('batches', 1, ['circuit-breaker/batches/g']);
    const said = wordsOfTakeover({ buildId: 'new', isDryRun: false, wasCurrent: false, broken });
    expect(said).toEqual([
      expect.stringContaining('is not made current'),
      '  circuit-breaker/batches/g (run r): it would do otherwise',
    ]);
  });
});
