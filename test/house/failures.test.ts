import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { formattedFailuresPage } from '../support/failures-page.js';

it('docs/failures.md says of each fault what the tests of it say: else, npm run failures', async () => {
  expect(readFileSync('docs/failures.md', 'utf8')).toBe(await formattedFailuresPage());
});
