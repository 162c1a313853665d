import { describe, expect, it } from 'vitest';

import { readJson } from '../../src/folder/json-text.js';
import { readYaml } from '../../src/folder/yaml-text.js';

const MANY = 260_000;

describe('a text of YAML', () => {
  it('is read by the rules of YAML 1.2, and says where each part of it stands', () => {
    const { input, problems, locate } = readYaml('name: Review\nplaces:\n  - draft\n  - "no"\nopen: true\nat: 12:30\n');
    expect(problems).toEqual([]);
    expect(input).toEqual({ name: 'Review', places: ['draft', 'no'], open: true, at: '12:30' });
    expect(locate('/name')).toEqual({ line: 1, column: 7 });
    expect(locate('/name', 'key')).toEqual({ line: 1, column: 1 });
    expect(locate('/places/1')).toEqual({ line: 4, column: 5 });
    expect(locate('/places')).toEqual({ line: 2, column: 1 });
  });

  it('says of what is not there where it would be', () => {
    const { locate } = readYaml('rules:\n  a/b:\n    type: Not\n');
    expect(locate('/rules/a~1b/rule/type')).toEqual({ line: 2, column: 3 });
    expect(locate('/nowhere')).toEqual({ line: 1, column: 1 });
  });

  it.each(['true', 'null', '0', '0.5', '-0', '1e3', '2026-01-01', 'nobody', 'y', '"010"', "'on'"])(
    'takes %s for what it seems to be',
    (word) => {
      expect(readYaml(`a: ${word}\n`).problems).toEqual([]);
    },
  );

  it.each(['no', 'No', 'ON', 'yes', 'off', '010', '0o10', '-07', '[no]', '{ on: 1 }'])(
    'refuses %s, unquoted',
    (word) => {
      expect(readYaml(`a: ${word}\n`).problems).toMatchObject([{ code: 'YAML_AMBIGUOUS', line: 1 }]);
    },
  );

  it.each([
    ['brackets', '['.repeat(MANY)],
    ['dashes', '- '.repeat(MANY)],
    ['colons', 'a: '.repeat(MANY)],
    ['questions', '? '.repeat(MANY)],
    ['comments', '#\n'.repeat(MANY)],
    ['entries', `[${'1,'.repeat(MANY)}]`],
  ])('of hundreds of thousands of %s is refused in time that grows with it', (_what, text) => {
    expect(readYaml(text).problems).toHaveLength(1);
  });

  it('with many keys is looked through once', () => {
    const text = Array.from({ length: 3_000 }, (_, index) => `k${index}: 1\n`).join('');
    const { input, problems } = readYaml(`${text}k7: 2\n`);
    expect(Object.keys(input ?? {})).toHaveLength(3_000);
    expect(problems).toMatchObject([{ code: 'DUPLICATE_KEY', line: 3_001 }]);
  });
});

describe('a text of JSON', () => {
  it('may be indented by tabs, and say which schema it has', () => {
    const { input, problems, locate } = readJson('{\n\t"$schema": "x.json",\n\t"id": "a",\n\t"on": [1, 2]\n}');
    expect(problems).toEqual([]);
    expect(input).toEqual({ id: 'a', on: [1, 2] });
    expect(locate('/on/1')).toEqual({ line: 4, column: 12 });
  });

  it.each([
    ['{"a": 1, "a": 2}', 'DUPLICATE_KEY', 1, 10],
    ["{'a': 1}", 'SYNTAX_INVALID', 1, 2],
    ['{"a": 1\n', 'SYNTAX_INVALID', 2, 1],
    ['{"a": no}', 'SYNTAX_INVALID', 1, 7],
    ['', 'FILE_EMPTY', 1, 1],
    ['{"a": 1} x', 'SYNTAX_INVALID', 1, 10],
  ])('%j is refused at its mistake', (text, code, line, column) => {
    expect(readJson(text).problems).toMatchObject([{ code, line, column }]);
  });
});
