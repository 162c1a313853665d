/**
 * Makes dist: whatever of it does not fit the sources, the packages and the lock file any more. With `--to-run` only what
 * a start needs, with `--for-sources` only what it needs beside the sources.
 */
import { parseArgs } from 'node:util';

import { makeProducts } from './build/make-products.mjs';
import { FOR_SOURCES, NEEDED_TO_RUN, PRODUCTS } from './build/products.mjs';

const { values } = parseArgs({ options: { 'to-run': { type: 'boolean' }, 'for-sources': { type: 'boolean' } } });
const wanted = values['to-run'] ? NEEDED_TO_RUN : values['for-sources'] ? FOR_SOURCES : PRODUCTS;

try {
  await makeProducts(wanted, (line) => console.log(line));
} catch (error) {
  console.error(`\ndist could not be made: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
