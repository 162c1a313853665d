import { describe, expect, it } from 'vitest';
import { nearestNames } from '../../../src/core/json/nearest-names.js';

describe('nearestNames', () => {
  it('gives the most alike first, and none that is nothing like it', () => {
    const offered = ['whisper-1', 'gpt-4o', 'gpt-4.1', 'gpt-4o-mini', 'zz'];
    expect(nearestNames('gpt4o', offered, 2)).toEqual(['gpt-4o', 'gpt-4.1']);
    expect(nearestNames('llama', ['zz'], 3)).toEqual([]);
  });
});
