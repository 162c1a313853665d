import { readdirSync, readFileSync } from 'node:fs';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import * as aiSdk from '../../src/client/ai-sdk.js';
import * as client from '../../src/client/index.js';
import * as hook from '../../src/client/react.js';
import * as contract from '../../src/contract/index.js';

/** What programs import, by the entry that they import it from. */
const ENTRIES = {
  'circuit-breaker': contract,
  'circuit-breaker/client': client,
  'circuit-breaker/react': hook,
  'circuit-breaker/ai-sdk': aiSdk,
};

interface Example {
  readonly of: string;
  readonly language: string;
  readonly code: string;
}

const SOURCES = [
  ...[...filesIn('src/client'), ...filesIn('src/contract')],
  ...['src/core/codes.ts', 'src/core/streams/shown-text.ts'],
].map((path) => readFileSync(path, 'utf8'));

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => `${folder}/${name}`);
}

/** The example in the docstring of a function or class. */
function exampleOf(name: string): Example | undefined {
  const docstring = new RegExp(String.raw`/\*\*((?:(?!\*/)[^])*)\*/\nexport (?:class|function) ${name}\b`);
  const text = SOURCES.map((source) => docstring.exec(source)?.[1]).find((found) => found !== undefined) ?? '';
  const [, language, code] = /@example\n \* ```(\w+)\n([^]*?) \* ```/.exec(text) ?? [];
  if (language === undefined || code === undefined) return undefined;
  return { of: name, language, code: code.replaceAll(/^ \* ?/gm, '') };
}

/** What the compiler says of all of them, each as a program of its own. */
function faultsOf(examples: readonly Example[]): readonly string[] {
  const programs = new Map(examples.map(({ of, language, code }) => [`${process.cwd()}/${of}.${language}`, code]));
  const options: ts.CompilerOptions = {
    ...{
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      jsx: ts.JsxEmit.ReactJSX,
      types: ['react'],
    },
    ...{ target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.Preserve, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'] },
    paths: {
      'circuit-breaker': [`${process.cwd()}/src/contract/index.ts`],
      'circuit-breaker/client': [`${process.cwd()}/src/client/index.ts`],
      'circuit-breaker/ai-sdk': [`${process.cwd()}/src/client/ai-sdk.ts`],
      'circuit-breaker/react': [`${process.cwd()}/src/client/react.ts`],
    },
  };
  const host = ts.createCompilerHost(options);
  host.readFile = (path) => programs.get(path) ?? ts.sys.readFile(path);
  host.fileExists = (path) => programs.has(path) || ts.sys.fileExists(path);
  const program = ts.createProgram([...programs.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

const names = Object.values(ENTRIES).flatMap((entry) =>
  Object.entries(entry).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])),
);
const examples = new Map(names.map((name) => [name, exampleOf(name)]));

describe('what programs import', () => {
  it.each([...examples])('has an example: %s', (name, example) => {
    expect(example?.code).toContain(name);
  });

  it('has examples that compile, under the names by which it is imported', () => {
    expect(faultsOf([...examples.values()].filter((example) => example !== undefined))).toEqual([]);
    const wrong = { of: 'wrong', language: 'ts', code: "import { nothing } from 'circuit-breaker/client';" };
    expect(faultsOf([wrong])).toEqual([expect.stringContaining('nothing')]);
  });
});
