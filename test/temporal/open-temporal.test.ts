import { describe, expect, it } from 'vitest';

import { parseConfig } from '../../src/config.js';
import { uiOf } from '../../src/temporal/open-temporal.js';

const uiUrl = (environment: Record<string, string>) =>
  uiOf(parseConfig(environment, { isTerminal: false }).temporal).uiUrl;

describe("Temporal's UI", () => {
  it.each([
    [{}, 'http://localhost:8233'],
    [{ TEMPORAL_UI_PORT: '9000' }, 'http://localhost:9000'],
    [{ TEMPORAL_ADDRESS: 'temporal.example.com:7233' }, undefined],
    [
      { TEMPORAL_ADDRESS: 'temporal.example.com:7233', TEMPORAL_UI_URL: 'https://temporal.example.com/ui/' },
      'https://temporal.example.com/ui',
    ],
  ])('with %o is at %s', (environment, expected) => {
    expect(uiUrl(environment)).toBe(expected);
  });

  it('is at no address but one of the web', () => {
    expect(() => uiUrl({ TEMPORAL_UI_URL: 'temporal.example.com:8080' })).toThrow(
      /^TEMPORAL_UI_URL is .+: must be an http:\/\/ or https:\/\/ address$/,
    );
  });
});
