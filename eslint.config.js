import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const ENVIRONMENT_PROPERTY = {
  object: 'process',
  property: 'env',
  message: 'Only src/config.ts reads the environment; take what you need as an argument.',
};
const CAN_PARSE = {
  object: 'URL',
  property: 'canParse',
  message: 'It is wrong on texts of Latin-1: use `parsedUrl`, which says the same as `new URL`.',
};
const ENVIRONMENT_IMPORT = {
  selector: 'ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name="env"]',
  message: ENVIRONMENT_PROPERTY.message,
};
const CHILD_PROCESSES = ['child_process', 'cluster']
  .flatMap((name) => [name, `node:${name}`])
  .map((name) => ({ name, message: 'Only child-process starts programs, so that none is given a key.' }));
const NO_LAZY_CHILD_PROCESS = {
  selector: 'ImportExpression[source.value=/^(node:)?(child_process|cluster)$/]',
  message: CHILD_PROCESSES[0].message,
};
const NO_ENDLESS_MKDIR = {
  selector: "CallExpression[callee.name='mkdir'] Property[key.name='recursive']",
  message: 'Where nothing can be made, as in /proc, it tries for ever: use makeDirectory.',
};
const NO_ENUM = { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' };
const NO_PRIVATE = {
  selector:
    ':matches(PropertyDefinition, TSParameterProperty, MethodDefinition[kind!="constructor"])[accessibility="private"]',
  message: 'What is private is called #name.',
};

/** Spellings of a pattern that mean the same: which one reads better depends on what it is about. */
const SPELLINGS = [
  'control-character-escape',
  'match-any',
  'no-escape-backspace',
  'prefer-d',
  'prefer-w',
  'use-ignore-case',
];

/** Modules of the workflows are loaded once for all runs of a worker. */
const NO_SHARED_LET = {
  selector:
    'Program > VariableDeclaration[kind="let"], Program > ExportNamedDeclaration > VariableDeclaration[kind="let"]',
  message: 'All runs of a worker share it: use ofEachRun, or pass it on.',
};
const NO_SHARED_COLLECTION = {
  selector:
    'Program > VariableDeclaration > VariableDeclarator > NewExpression[callee.name=/^(Map|Set)$/][arguments.length=0]',
  message: NO_SHARED_LET.message,
};
const IN_SOURCES = [NO_ENUM, NO_PRIVATE, ENVIRONMENT_IMPORT, NO_LAZY_CHILD_PROCESS, NO_ENDLESS_MKDIR];

const CLOCK = 'Core reads no clock: take `now` from the caller.';
const WAITING = 'Core never waits: return an effect and let the caller await it.';
const CHANCE = 'Core is deterministic: take what is random from the caller.';

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.circuit-breaker/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [js.configs.recommended],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly', fetch: 'readonly' } },
  },

  {
    files: ['**/*.{ts,tsx}'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // `import { type A }` keeps the import at run time: it would pull activities into the workflow bundle.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        {
          allowAny: false,
          allowBoolean: true,
          allowNever: false,
          allowNullish: false,
          allowNumber: true,
          allowRegExp: false,
        },
      ],
      // A default clause would swallow the member that someone adds to the union next year.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        {
          allowDefaultCaseForExhaustiveSwitch: false,
          considerDefaultExhaustiveForUnions: false,
          requireDefaultForNonUnion: false,
        },
      ],
      // What a destructuring leaves out on purpose.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      'no-console': 'error',
      'no-restricted-syntax': ['error', NO_ENUM, NO_PRIVATE],
    },
  },

  {
    files: ['{src,test,bench}/**/*.{ts,tsx}'],
    rules: { 'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }] },
  },

  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
    },
  },

  {
    files: ['{bin,pages,src}/**/*.{js,ts,tsx}'],
    plugins: { regexp },
    rules: {
      ...regexp.configs.recommended.rules,
      ...Object.fromEntries(SPELLINGS.map((name) => [`regexp/${name}`, 'off'])),
      // A pattern that tries again and again is a way to stop the process for whoever writes the text.
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },

  {
    files: ['src/**/*.ts'],
    ignores: ['src/config.ts'],
    rules: {
      'no-restricted-properties': ['error', ENVIRONMENT_PROPERTY, CAN_PARSE],
      'no-restricted-syntax': ['error', ...IN_SOURCES],
    },
  },

  {
    files: ['src/**/*.ts'],
    ignores: ['src/temporal/child-process.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: CHILD_PROCESSES.map((path) => ({ ...path, allowTypeImports: true })) },
      ],
    },
  },

  {
    files: ['{bin,scripts}/**/*.{js,mjs}'],
    ignores: ['scripts/child-process.mjs'],
    rules: {
      'no-restricted-imports': ['error', { paths: CHILD_PROCESSES }],
      'no-restricted-syntax': ['error', NO_LAZY_CHILD_PROCESS],
    },
  },

  {
    files: ['test/**/*.ts'],
    ignores: ['test/support/eventually.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...[
          ['vi', 'waitFor'],
          ['expect', 'poll'],
        ].map(([object, property]) => ({
          object,
          property,
          message: 'Its time is fixed: use `eventually`, which takes what the test has.',
        })),
      ],
    },
  },

  { files: ['{bench,examples,scripts,test/support}/**/*.ts'], rules: { 'no-console': 'off' } },

  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => ({ name, message: WAITING })),
        { name: 'performance', message: CLOCK },
        { name: 'crypto', message: CHANCE },
      ],
      'no-restricted-properties': [
        'error',
        ENVIRONMENT_PROPERTY,
        { object: 'Date', property: 'now', message: CLOCK },
        { object: 'Math', property: 'random', message: CHANCE },
      ],
      'no-restricted-syntax': [
        'error',
        NO_ENUM,
        NO_PRIVATE,
        NO_SHARED_LET,
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: CLOCK },
        { selector: 'CallExpression[callee.name="Date"]', message: CLOCK },
        { selector: ':function[async=true]', message: WAITING },
        { selector: 'AwaitExpression, ForOfStatement[await=true]', message: WAITING },
      ],
    },
  },

  {
    files: ['src/{contract,workflows}/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...IN_SOURCES, NO_SHARED_LET, NO_SHARED_COLLECTION] },
  },

  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^node:',
              message: 'Workflow code runs in a sandbox without Node: ask an activity for it.',
            },
          ],
        },
      ],
    },
  },
);
