import { describe, expect, it } from 'vitest';

import { parseCancelRequest } from '../../../src/core/tokens/cancel-request.js';

describe('the ask that a token end', () => {
  it.each([undefined, null, 'now', [], {}, { reason: '' }, { reason: 5 }])('needs no reason: %j', (message) => {
    expect(parseCancelRequest(message)).toEqual({ value: {} });
  });

  it('keeps a thousand characters of its reason, and no half ones', () => {
    const parsed = parseCancelRequest({ reason: `${'x'.repeat(998)}🙂 and so on` });
    expect(parsed).toEqual({ value: { reason: `${'x'.repeat(998)}…` } });
  });

  it('is refused with text that cannot be stored, and would be in force with it mended', () => {
    expect(parseCancelRequest({ reason: 'a\uD83D' })).toMatchObject({
      problems: [{ code: 'TEXT_INVALID', pointer: '/reason' }],
      draft: { reason: 'a\uFFFD' },
    });
  });
});
