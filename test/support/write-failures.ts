/**
 * Writes `docs/failures.md` from the tests that make things fail.
 *
 *     npm run failures
 */
import { writeFile } from 'node:fs/promises';

import { formattedFailuresPage } from './failures-page.js';

await writeFile('docs/failures.md', await formattedFailuresPage());
