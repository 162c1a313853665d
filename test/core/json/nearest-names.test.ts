import { describe, expect, it } from 'vitest';
import { nearestNames } from '../../../src/core/json/nearest-names.js';

describe('nearestNames', () => {
  it('gives the most alike first, and none that is nothing like it', () => {
    const offered = ['whisper-1', 'gpt-4o', 'gpt-4.1', 'gpt-4o-mini', 'zz'];
    expect(nearestNames('gpt4o', offered, { most: 2 })).toEqual(['gpt-4o', 'gpt-4.1']);
    expect(nearestNames('llama', ['zz'], { most: 3 })).toEqual([]);
  });

  it('counts neighbours that are swapped as one slip, and gives none that is farther than asked', () => {
    const near = { most: 1, farthest: 0.25 };
    expect(nearestNames('dmeo', ['demo'], near)).toEqual(['demo']);
    expect(nearestNames('dmoe', ['demo'], near)).toEqual([]);
  });
});
