import { describe, expect, it } from 'vitest';

import { restartAdvice, unloadedTools } from '../../../src/cli/dev/restart-advice.js';

describe('what is read only at the start', () => {
  it.each([
    ['tools', ['tools/a.ts'], 'tools/a.ts: '],
    ['./own/tools', ['own/tools/a.mjs', '.env'], 'own/tools/a.mjs, .env: '],
    [undefined, ['.env'], '.env: '],
  ])('is told once it was saved: %s, %j', (toolsDir, saved, expected) => {
    const lines = restartAdvice('.', saved, toolsDir === undefined ? {} : { toolsDir });
    expect(lines).toEqual([expect.stringMatching(/read at the next start/)]);
    expect(lines[0]?.startsWith(expected)).toBe(true);
  });

  it('is nothing else', () => {
    expect(restartAdvice('.', ['agents/a.yaml', 'tools/deep/a.ts', 'tools/a.md'], { toolsDir: 'tools' })).toEqual([]);
  });

  it('is a folder of tools only where TOOLS_DIR names it', () => {
    expect(unloadedTools(['tools/a.ts', 'agents/a.ts'], {})).toEqual([
      'tools/a.ts: not loaded. Set TOOLS_DIR=tools in .env, and start again.',
    ]);
    expect(unloadedTools(['tools/a.ts'], { toolsDir: 'tools' })).toEqual([]);
  });
});
