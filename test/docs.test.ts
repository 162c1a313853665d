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

describe('the guide to streams', () => {
  const guide = readFileSync('docs/guides/watching-streams.md', 'utf8');

  it.each([
    ['answer.tsx', 'export function Answer'],
    ['execution-text.ts', 'export function textAfter'],
    ['apollo.ts', 'new ApolloClient'],
    ['urql.ts', 'subscriptionExchange('],
  ])('shows the code of %s that runs in the browser tests', (file, landmark) => {
    const shown = [...guide.matchAll(/```tsx?\n(.*?)\n```/gs)].map(([, code]) => code ?? '');
    const snippet = shown.find((code) => code.includes(landmark));
    expect(readFileSync(`test/e2e/pages/${file}`, 'utf8')).toContain(snippet ?? 'no snippet');
  });
});
