import { describe, expect, it } from 'vitest';

import { rolloutChange } from '../../../src/cli/operator/rollout-options.js';

describe('what rollout is told', () => {
  it('changes nothing without a mode', () => {
    expect(rolloutChange({ options: { since: '2026-11-30T09:00:00Z' } })).toBeUndefined();
  });

  it('leaves what is not named as it was, and takes away what is "none"', () => {
    expect(rolloutChange({ options: { mode: 'off' } })).toEqual({ mode: 'off' });
    const options = { mode: 'on', percent: '0.5', 'max-error-rate': '0.2', 'agent-version': '3=90,4=10' };
    expect(rolloutChange({ options })).toEqual({
      mode: 'on',
      percent: 0.5,
      maxErrorRate: 0.2,
      agentVersions: [
        { version: 3, percent: 90 },
        { version: 4, percent: 10 },
      ],
    });
    expect(rolloutChange({ options: { mode: 'on', 'max-error-rate': 'none', 'agent-version': 'none' } })).toEqual({
      mode: 'on',
      maxErrorRate: null,
      agentVersions: null,
    });
  });

  it.each([
    [{ percent: '10' }, 'need --mode'],
    [{ 'agent-version': 'none' }, 'need --mode'],
    [{ mode: 'shade' }, '--mode must be off, shadow or on, and not "shade".'],
    [{ mode: 'on', percent: 'ten' }, '--percent must be a number, and not "ten".'],
    [{ mode: 'on', percent: '' }, '--percent must be'],
    [{ mode: 'on', 'max-error-rate': '20%' }, '--max-error-rate must be'],
    [
      { mode: 'on', 'agent-version': '3' },
      '--agent-version must be VERSION=PERCENT, such as 3=90, or none, and not "3".',
    ],
    [{ mode: 'on', 'agent-version': '3=90=1' }, '--agent-version must be'],
    [{ mode: 'on', 'agent-version': '3.5=90' }, '--agent-version must be'],
    [{ mode: 'on', 'agent-version': '3=x' }, '--agent-version must be'],
  ])('is refused in one line where it makes no sense: %o', (options, message) => {
    expect(() => rolloutChange({ options })).toThrow(message);
  });
});
