import { expect, it } from 'vitest';

import { preferredType } from '../../../src/api/front-page/preferred-type.js';

const CHROMIUM =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';

it.each([
  ['*/*', 'text/plain'],
  ['', 'text/plain'],
  ['image/png', 'text/plain'],
  [CHROMIUM, 'text/html'],
  ['application/json', 'application/json'],
  ['application/json, text/html;q=0.5', 'application/json'],
  ['text/html;q=0.4, application/json;q=0.5', 'application/json'],
  ['text/*', 'text/plain'],
  ['TEXT/HTML; q=1', 'text/html'],
  ['text/plain;q=0, */*', 'text/html'],
  ['text/html;q=much, application/json;q=0.1', 'application/json'],
])('%s is answered with %s', (accept, type) => {
  expect(preferredType(accept, ['text/plain', 'text/html', 'application/json'])).toBe(type);
});
