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
    expect(unknownTools(['x'], [])[0]?.message).toContain('start one with TOOLS_DIR');
    expect(unknownTools(['x'], ['lookup_order'])[0]?.message).toContain('See TOOLS_DIR of the workers');
  });
});
