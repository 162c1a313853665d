#!/usr/bin/env node
/** What `npm create circuit-breaker …` runs: `circuit-breaker init …`, of the version that this package depends on. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const manifest = createRequire(import.meta.url).resolve('circuit-breaker/package.json');
process.argv.splice(2, 0, 'init');
await import(new URL('bin/circuit-breaker.js', pathToFileURL(manifest)));
