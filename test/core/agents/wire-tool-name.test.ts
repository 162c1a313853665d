import { expect, it } from 'vitest';

import { wireToolName } from '../../../src/core/agents/wire-tool-name.js';

it.each([
  ['lookup_order', 'lookup_order'],
  ['get-sum', 'get-sum'],
  ['token.read', 'token--read'],
  ['mcp/files/read_file', 'mcp__files__read_file'],
  ['a__b', 'a-_uu_-b'],
  ['größe', 'gr-_xf6zxdfz_-e'],
  ['7up', '_-7up'],
])('%s is %s to a provider', (name, wire) => {
  expect(wireToolName(name)).toBe(wire);
});

it('gives every provider a name that it takes, whatever the tool is called', () => {
  for (const name of ['.', '-x', '/', '', '😀', ' a b ', 'x'.repeat(300), '.'.repeat(300), `mcp/${'a.'.repeat(60)}`]) {
    expect(wireToolName(name)).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/);
  }
});

it('never makes one name of two', () => {
  const names = namesOver(['a', 'd', 'u', '7', '_', '-', '.', '/', 'é'], 5);
  expect(new Set(names.map(wireToolName)).size).toBe(names.length);
});

it('tells long names apart that begin alike', () => {
  const long = `mcp/${'server'.repeat(20)}`;
  expect(wireToolName(`${long}/a`)).not.toBe(wireToolName(`${long}/b`));
});

function namesOver(alphabet: readonly string[], longest: number): readonly string[] {
  let [names, all] = [[''], ['']];
  for (let length = 1; length <= longest; length += 1) {
    names = names.flatMap((name) => alphabet.map((character) => name + character));
    all = [...all, ...names];
  }
  return all;
}
