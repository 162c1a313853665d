import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { ERROR_STATUS } from '../src/core/errors.js';

const GUIDE = readFileSync('docs/guides/errors.md', 'utf8');

/** Codes as they are written where a problem or a blocker is made. */
function codesInSource(): readonly string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const text = files.map((name) => readFileSync(`src/${name}`, 'utf8')).join('\n');
  const found = text.matchAll(/(?:code: |problem\(|RULE_INVALID = )'([A-Z_]{4,})'/g);
  return [...new Set([...found].map(([, code]) => code ?? ''))];
}

describe('the guide to errors', () => {
  it.each([...new Set([...codesInSource(), ...Object.keys(ERROR_STATUS)])])('says what %s means', (code) => {
    expect(GUIDE).toContain(`\`${code}\``);
  });
});
