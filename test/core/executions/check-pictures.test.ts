import { describe, expect, it } from 'vitest';

import { capabilitiesOf } from '../../../src/core/agents/model-capabilities.js';
import type { ProviderType } from '../../../src/core/agents/agent.js';
import { checkPictures } from '../../../src/core/executions/check-pictures.js';
import type { Picture } from '../../../src/core/executions/picture.js';

const MIB = 1024 * 1024;
const inline = (bytes = 30, mediaType = 'image/png'): Picture => ({
  type: 'inline',
  mediaType,
  data: 'A'.repeat((bytes / 3) * 4),
});
const check = (type: ProviderType, model: string, pictures: readonly Picture[]) => {
  const { pictures: limits } = capabilitiesOf({ type, model, options: {} });
  checkPictures(pictures, { model, limits });
};

describe('pictures of a request', () => {
  it.each<[ProviderType, string]>([
    ['openai', 'gpt-4o'],
    ['openai', 'gpt-4-turbo'],
    ['openai', 'gpt-5.1'],
    ['anthropic', 'claude-sonnet-5'],
    ['google', 'gemini-pro-vision'],
    ['google', 'gemini-2.5-flash'],
    ['ollama', 'llava'],
    ['custom', 'house-model'],
    ['mock', 'mock-1'],
  ])('go to %s %s', (type, model) => {
    expect(() => {
      check(type, model, [inline()]);
    }).not.toThrow();
  });

  it.each<[ProviderType, string]>([
    ['openai', 'gpt-3.5-turbo'],
    ['openai', 'gpt-4'],
    ['openai', 'o3-mini'],
    ['anthropic', 'claude-2.1'],
    ['google', 'gemini-pro'],
  ])('do not go to %s %s, and the request without any does', (type, model) => {
    expect(() => {
      check(type, model, [inline()]);
    }).toThrow(`The model ${model} takes no pictures`);
    expect(() => {
      check(type, model, []);
    }).not.toThrow();
  });

  it.each<[string, readonly Picture[], RegExp]>([
    ['too many', Array.from({ length: 21 }, () => inline()), /21 pictures, and gpt-4o takes 20/],
    ['too large', [inline(6 * MIB)], /has 6291456 bytes, and gpt-4o takes 5242880/],
    ['too large together', [inline(3 * MIB), inline(3 * MIB), inline(3 * MIB)], /9437184 bytes together/],
    ['of a type that it does not take', [inline(30, 'image/tiff')], /takes no image\/tiff: give it one of image\/png/],
  ])('are refused with what to do: %s', (_what, pictures, problem) => {
    expect(() => {
      check('openai', 'gpt-4o', pictures);
    }).toThrow(problem);
  });
});
