import { describe, expect, it } from 'vitest';

import { unknownTools } from '../../../src/core/agents/tool-offer.js';

describe('the tools of an agent that nobody offers', () => {
  it('are told with the nearest names, each at its place', () => {
    expect(unknownTools(['lookup_order', 'lokup_order'], ['refund', 'lookup_order'])).toEqual([
      {
        code: 'UNKNOWN_TOOL',
        pointer: '/tools/1',
        message: 'no worker offers a tool "lokup_order". Nearest: lookup_order',
      },
    ]);
  });

  it('are told with what to do where no name is like them', () => {
    expect(unknownTools(['x'], [])[0]?.message).toContain('start one with TOOLS_DIR or MCP_CONFIG');
    expect(unknownTools(['x'], ['lookup_order'])[0]?.message).toContain('See TOOLS_DIR and MCP_CONFIG of the workers');
  });

  it('are none where a pattern means some, and else told with the nearest pattern', () => {
    const offered = ['mcp/files/read', 'mcp/files/write'];
    expect(unknownTools(['mcp/files/*'], offered)).toEqual([]);
    expect(unknownTools(['mcp/fles/*'], offered)[0]?.message).toContain('Nearest: mcp/files/*');
    expect(unknownTools(['mcp/files/raed'], offered)[0]?.message).toContain('Nearest: mcp/files/read');
  });
});
