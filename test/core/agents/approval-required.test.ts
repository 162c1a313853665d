import { describe, expect, it } from 'vitest';

import { unknownApprovals } from '../../../src/core/agents/approval-required.js';

describe('what an agent wants approved', () => {
  it('is among its tools, by name or pattern', () => {
    const tools = ['pay', 'mcp/files/*', 'mcp/mail/send'];
    expect(unknownApprovals(['pay', 'mcp/files/*', 'mcp/files/write', 'mcp/mail/*'], tools)).toEqual([]);
  });

  it('is refused where it is none of them', () => {
    expect(unknownApprovals(['pay', 'book', 'mcp/files/*'], ['pay', 'mcp/mail/send'])).toMatchObject([
      { code: 'UNKNOWN_TOOL', pointer: '/approvalRequired/1' },
      { code: 'UNKNOWN_TOOL', pointer: '/approvalRequired/2' },
    ]);
  });
});
