import { describe, expect, it } from 'vitest';

import { isAmongTools, patternsOf } from '../../../src/core/agents/tool-pattern.js';

describe('a name among the tools of an agent', () => {
  it.each([
    ['lookup_order', 'lookup_order', true],
    ['lookup_order', 'lookup_orders', false],
    ['mcp/files/read', 'mcp/files/read', true],
    ['mcp/files/*', 'mcp/files/read', true],
    ['mcp/files/*', 'mcp/files/deep/read', true],
    ['mcp/files/*', 'mcp/filesystem/read', false],
    ['mcp/files/re*', 'mcp/files/read', false],
    ['mcp/*', 'mcp/files/read', false],
    ['mcp/*/read', 'mcp/files/read', false],
    ['*', 'lookup_order', false],
  ])('%s and the tool %s: %s', (name, tool, isMeant) => {
    expect(isAmongTools([name], tool)).toBe(isMeant);
  });

  it('can stand for each server of which there are tools', () => {
    expect(patternsOf(['lookup', 'mcp/files/read', 'mcp/files/write', 'mcp/all/echo'])).toEqual([
      'mcp/files/*',
      'mcp/all/*',
    ]);
  });
});
