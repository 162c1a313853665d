import { describe, expect, it } from 'vitest';

import { sharedToolServers, type SeenToolServer, type ToolServer } from '../../../src/core/agents/tool-server.js';

const SINCE = '2031-01-01T12:00:00.000Z';
const LATER = '2031-01-01T12:01:00.000Z';
const BEFORE = '2031-01-01T11:00:00.000Z';
const tool = (name: string) => ({ name: `mcp/shop/${name}`, description: name });
const there: ToolServer = { name: 'shop', transport: 'stdio', works: true, tools: [tool('read')] };
const away: ToolServer = { ...there, works: false, errorMessage: 'It does not work: no.', tools: [tool('write')] };
const seen = (worker: string, server: ToolServer, seenAt = LATER): SeenToolServer => ({ worker, seenAt, server });

describe('the MCP servers of several workers', () => {
  it('work where they work on all, and say on how many they do not', () => {
    expect(sharedToolServers([seen('a', there), seen('b', there)], SINCE)).toEqual([
      { ...there, workers: 2, worksOn: 2 },
    ]);
    expect(sharedToolServers([seen('a', there), seen('b', away), seen('c', there)], SINCE)).toEqual([
      {
        ...there,
        ...{ works: false, workers: 3, worksOn: 2, errorMessage: 'On 1 of 3 workers: It does not work: no.' },
        tools: [tool('read'), tool('write')],
      },
    ]);
    expect(sharedToolServers([seen('a', away), seen('b', away)], SINCE)).toMatchObject([
      { works: false, worksOn: 0, errorMessage: 'It does not work: no.' },
    ]);
  });

  it('are those of the workers that are there, or else as the last one saw them', () => {
    expect(sharedToolServers([seen('a', there, BEFORE), seen('b', away)], SINCE)).toEqual([
      { ...away, workers: 1, worksOn: 0 },
    ]);
    const earlier = seen('a', away, '2031-01-01T10:00:00.000Z');
    expect(sharedToolServers([earlier, seen('b', there, BEFORE)], SINCE)).toEqual([
      { ...there, workers: 1, worksOn: 1 },
    ]);
  });

  it('say of one that works which of its tools are left out', () => {
    const leftOut = { ...there, errorMessage: 'Tools that are left out: x.' };
    expect(sharedToolServers([seen('a', there), seen('b', leftOut)], SINCE)).toMatchObject([
      { works: true, errorMessage: 'Tools that are left out: x.' },
    ]);
  });
});
