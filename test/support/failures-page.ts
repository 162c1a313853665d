import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

import { BACKENDS, FAULTS, type BackendTag, type Fault } from './faults.js';

/** A test that makes a fault happen, or a group of them. */
interface TaggedTest {
  /** Its title behind those around it. */
  readonly name: string;
  readonly tags: readonly string[];
}

interface FaultTest extends TaggedTest {
  /** The files that run it. */
  readonly files: readonly string[];
  /** Written once for several backends, in no test file of its own. */
  readonly isShared: boolean;
}

const HEAD = `# When something fails

What can go wrong around an installation, what is promised then, and the tests that make it happen, with real processes
and real signals wherever that can be. This page is made from those tests by \`npm run failures\`: a promise without a
test has no place here, and a test finds out when the two differ. What is tried on "any" is alike on all backends. All tests of a fault are run by its tag:
\`npx vitest run --tags-filter worker-killed\`.
`;

/** What is written once for several backends is run by files that have the name of theirs, or lie in its folder. */
const RUN_BY = { redis: 'on-redis', nats: 'on-nats', postgres: 'on-postgres', pglite: 'on-pglite' } as const;

/** The page as it stands in `docs/failures.md`. Throws where a fault has no test. */
export async function formattedFailuresPage(): Promise<string> {
  return await format(failuresPage(), { ...(await resolveConfig('docs/failures.md')), parser: 'markdown' });
}

function failuresPage(): string {
  const tests = faultTests();
  const tags = Object.keys(FAULTS) as Fault[];
  const rows = tags.map((tag) => {
    const its = tests.filter((test) => test.tags.includes(tag));
    if (its.length === 0) throw new Error(`No test makes this happen: ${tag}.`);
    return `| [${FAULTS[tag].fault}](#${tag}) | ${placesOf(its).join(', ') || 'any'} |`;
  });
  const sections = tags.map((tag) => section(tag, tests));
  return [HEAD, '| what fails | tried on |', '| --- | --- |', ...rows, '', ...sections].join('\n');
}

function section(tag: Fault, tests: readonly FaultTest[]): string {
  const { fault, promise } = FAULTS[tag];
  const lines = tests
    .filter(({ tags }) => tags.includes(tag))
    .map(({ name, files }) => `- ${escaped(name)}: ${files.map((file) => `\`${file}\``).join(', ')}`);
  return [`## ${fault}`, '', `Tag: <a id="${tag}"></a>\`${tag}\``, '', promise, '', ...lines, ''].join('\n');
}

/** What a fault is tried on, by the tags of its tests and the names of the files that run them. */
function placesOf(tests: readonly FaultTest[]): string[] {
  const tags = new Set([
    ...tests.flatMap((test) => test.tags),
    ...tests
      .flatMap(({ files, isShared }) => (isShared ? files : []))
      .flatMap((file) =>
        Object.entries(RUN_BY).flatMap(([word, tag]) =>
          basename(file).includes(word) || file.includes(`/${word}/`) ? [tag] : [],
        ),
      ),
  ]);
  return (Object.keys(BACKENDS) as BackendTag[]).filter((tag) => tags.has(tag)).map((tag) => BACKENDS[tag]);
}

/** In the order of their files and of their lines. */
function faultTests(): FaultTest[] {
  const sources = new Map(
    readdirSync('test', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .toSorted()
      .map((path) => [join('test', path), readFileSync(join('test', path), 'utf8')] as const),
  );
  return [...sources].flatMap(([path, text]) => {
    const found = text.includes('tags: ') ? taggedTests(path, text) : [];
    if (found.length === 0) return [];
    const isShared = !path.endsWith('.test.ts');
    const files = isShared ? testsThatUse(path, sources) : [path];
    return found.map((test) => ({ ...test, files, isShared }));
  });
}

/** The test files that import this one, or something that does. */
function testsThatUse(path: string, sources: ReadonlyMap<string, string>): string[] {
  const users = [...sources].filter(([user, text]) =>
    [...text.matchAll(/from '(\.[^']+)\.js'/g)].some(([, to = '']) => `${join(dirname(user), to)}.ts` === path),
  );
  const files = users.flatMap(([user]) => (user.endsWith('.test.ts') ? [user] : testsThatUse(user, sources)));
  return [...new Set(files)].toSorted();
}

function taggedTests(path: string, text: string): TaggedTest[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: TaggedTest[] = [];
  const visit = (node: ts.Node, around: readonly string[]): void => {
    const title = ts.isCallExpression(node) ? titleOf(node, source) : undefined;
    const titles = title === undefined ? around : [...around, title];
    if (title !== undefined && ts.isCallExpression(node)) {
      const tags = tagsOf(node);
      if (tags.some((tag) => tag in FAULTS)) found.push({ name: titles.join(' › '), tags });
    }
    ts.forEachChild(node, (child) => {
      visit(child, titles);
    });
  };
  visit(source, []);
  return found;
}

/** Of a test or a group of tests. What a title takes from a table is three dots. */
function titleOf({ expression, arguments: [first] }: ts.CallExpression, source: ts.SourceFile): string | undefined {
  if (first === undefined || !/^(?:it|test|describe)\b/.test(expression.getText(source))) return undefined;
  if (ts.isStringLiteralLike(first)) return first.text.replaceAll(/%[a-z]/g, '…');
  if (!ts.isTemplateExpression(first)) return undefined;
  return first.head.text + first.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

function tagsOf({ arguments: [, options] }: ts.CallExpression): string[] {
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return [];
  const given = options.properties.find(
    (property) => ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) && property.name.text === 'tags',
  );
  const value = given !== undefined && ts.isPropertyAssignment(given) ? given.initializer : undefined;
  const literals = value !== undefined && ts.isArrayLiteralExpression(value) ? [...value.elements] : [value];
  return literals.flatMap((literal) => (literal !== undefined && ts.isStringLiteral(literal) ? [literal.text] : []));
}

function escaped(text: string): string {
  return text.replaceAll(/[<>*_`[\]]/g, (sign) => `\\${sign}`);
}
