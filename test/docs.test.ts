import { readdirSync, readFileSync } from 'node:fs';

import { buildSchema, LoneAnonymousOperationRule, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

import { loadSchema } from '../src/api/graphql/load-schema.js';
import {
  ATTEMPT_START_CODES,
  BLOCKER_CODES,
  CLIENT_ERROR_CODES,
  CONFIG_PROBLEM_CODES,
  ERROR_STATUS,
  EXECUTION_ERROR_CODES,
  FOLDER_PROBLEM_CODES,
  INPUT_PROBLEM_CODES,
  MIGRATION_BLOCKER_CODES,
  LOST_ATTEMPT_CODES,
  RETRIED_BY_DEFAULT,
  TOKEN_INCIDENT_CODES,
} from '../src/core/codes.js';
import { readYaml } from '../src/folder/yaml-text.js';
import { metricsTable } from './support/metrics-guide.js';

/** What the guide's tables of codes explain, by their headings. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  'Answers of the API': [...Object.keys(ERROR_STATUS), ...CLIENT_ERROR_CODES],
  'What can be wrong with a definition': INPUT_PROBLEM_CODES,
  'What can be wrong with a folder of definitions': FOLDER_PROBLEM_CODES,
  'Blockers of a transition': BLOCKER_CODES,
  'Why a token does not go over to another version': MIGRATION_BLOCKER_CODES,
  'Why an execution failed': EXECUTION_ERROR_CODES,
  'Why a token does not go on': TOKEN_INCIDENT_CODES,
  'How attempts at a model call end': LOST_ATTEMPT_CODES,
  'Why an attempt began': ATTEMPT_START_CODES,
  'When a process does not start': CONFIG_PROBLEM_CODES,
};

interface Row {
  readonly codes: readonly string[];
  readonly cells: readonly string[];
}

/** The rows of every table whose first column has codes, by the heading above it. */
function codeTables(guide: string): ReadonlyMap<string, readonly Row[]> {
  const sections = guide.split(/^## /m).slice(1);
  return new Map(
    sections.flatMap((section) => {
      const table = /^\| code \|.*\n\| --- .*\n((?:\|.*\n?)*)/m.exec(section)?.[1];
      return table === undefined ? [] : [[section.split('\n', 1)[0] ?? '', rowsOf(table)] as const];
    }),
  );
}

function rowsOf(table: string): readonly Row[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [first = '', ...cells] = line.split(' | ');
      return { codes: [...first.matchAll(/`(\w+)`/g)].map(([, code]) => code ?? ''), cells: [first, ...cells] };
    });
}

describe('the guide to errors', () => {
  const tables = codeTables(readFileSync('docs/guides/errors.md', 'utf8'));
  const codesUnder = (heading: string) => (tables.get(heading) ?? []).flatMap(({ codes }) => codes);

  it('has a table of every kind of code, and of no other', () => {
    expect([...tables.keys()]).toEqual(Object.keys(TABLES));
  });

  it.each(Object.entries(TABLES))('explains each code once, and none that there is not: %s', (heading, codes) => {
    expect([...codesUnder(heading)].sort()).toEqual([...codes].sort());
  });

  it('gives the HTTP status of every code of the API', () => {
    const statuses = (tables.get('Answers of the API') ?? []).flatMap(({ codes, cells }) =>
      codes.map((code) => [code, cells[1]]),
    );
    const expected = Object.entries({ ...ERROR_STATUS, UNEXPECTED_ANSWER: '–' });
    expect(Object.fromEntries(statuses)).toEqual(
      Object.fromEntries(expected.map(([code, status]) => [code, `${status}`])),
    );
  });

  it('marks with a star what is tried again by default', () => {
    const starred = (tables.get('Why an execution failed') ?? []).flatMap(({ cells }) =>
      [...(cells[0] ?? '').matchAll(/`(\w+)`\*/g)].map(([, code]) => code),
    );
    expect(starred).toEqual(RETRIED_BY_DEFAULT);
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

/** Every block of a language in the README and the guides, with the file that shows it. */
function blocksOf(language: string): readonly (readonly [file: string, block: string])[] {
  const guides = ['README.md', ...readdirSync('docs/guides').map((name) => `docs/guides/${name}`)];
  const blocks = new RegExp(`\`\`\`${language}\\n(.*?)\\n *\`\`\``, 'gs');
  return guides.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(blocks)].map(([, block = '']) => [file, block] as const),
  );
}

describe('YAML in the guides', () => {
  it.each(blocksOf('yaml'))('can be read as a file of a folder: %s', (_file, block) => {
    // One shows a comment alone.
    expect(readYaml(block).problems.filter(({ code }) => code !== 'FILE_EMPTY')).toEqual([]);
  });
});

describe('GraphQL in the guides', () => {
  const schema = buildSchema(loadSchema());
  // A block may show one operation after the other.
  const rules = specifiedRules.filter((rule) => rule !== LoneAnonymousOperationRule);

  it.each(blocksOf('graphql'))('fits the schema: %s', (_file, block) => {
    expect(validate(schema, parse(block), rules)).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  it('says what every script is for', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const said = readFileSync('CONTRIBUTING.md', 'utf8');
    const unsaid = Object.keys(scripts).filter((name) => !new RegExp(`\`(npm (run )?)?${name}[ \`]`).test(said));
    expect(unsaid).toEqual([]);
  });
});

describe('.env.example', () => {
  it('has every variable that is read', () => {
    const example = readFileSync('.env.example', 'utf8');
    const files = ['config', 'economy-settings', 'provider-settings', 'telemetry-settings', 'temporal-settings'];
    const read = files.flatMap((file) => [
      ...readFileSync(`src/${file}.ts`, 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+): /gm),
    ]);
    expect(read.flatMap(([, name]) => name ?? []).filter((name) => !example.includes(`${name}=`))).toEqual([]);
  });

  it('has each of them once', () => {
    const names = [...readFileSync('.env.example', 'utf8').matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(
      ([, name = '']) => name,
    );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

it('the guide to metrics has each with its kind, its labels and what it is', () => {
  expect(readFileSync('docs/guides/metrics.md', 'utf8')).toContain(metricsTable());
});
