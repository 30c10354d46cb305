/** What the compiler does not see: forgotten awaits above all, the bug of a codebase whose work is done by others. */
import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const notOurs = ['node_modules', 'data', 'coverage', '.cache', 'docs', 'deploy'];
const rooms = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !notOurs.includes(entry.name) && !entry.name.startsWith('.'))
  .map(({ name }) => `${name}/**/*.ts`);

/** Everywhere. */
const syntax = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'TSEnumDeclaration', message: 'A union of strings says the same and leaves no code behind.' },
  { selector: 'TSModuleDeclaration[kind!="global"]', message: 'A file is a namespace already.' },
  {
    selector: 'ClassDeclaration:not([superClass.name=/Error$/])',
    message: 'Build with functions; only errors are classes.',
  },
  { selector: 'Decorator', message: 'Say it in code that can be read from top to bottom.' },
  {
    selector: 'ObjectExpression ThisExpression',
    message: 'Methods close over what they need: they may be handed on alone.',
  },
  {
    selector: 'CallExpression[callee.property.name="forEach"] > :function[async=true]',
    message: 'forEach waits for nobody.',
  },
];

/** In definitions: what a replay would answer otherwise, or not at all. */
const fences = [
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'A replay must decide the same again.',
  },
  {
    selector: 'MemberExpression[object.name="Date"][property.name="now"]',
    message: 'Only waiting is told by a clock: sleep and condition.',
  },
  {
    selector: 'CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate|queueMicrotask)$/]',
    message: "Waiting is Temporal's: sleep.",
  },
  { selector: 'ImportDeclaration[source.value=/^node:/]', message: 'Definitions do no I/O.' },
  {
    selector: 'Identifier[name=/^(process|Buffer|fetch|WeakRef|FinalizationRegistry)$/]',
    message: 'It differs between workers.',
  },
];

export default defineConfig(
  { ignores: [...notOurs, 'templates/**/*.js'] },
  { files: ['*.js'], extends: [js.configs.recommended], languageOptions: { globals: globals.node } },
  {
    files: rooms,
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // `return show(page)` out of a handler is plain enough.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Nothing of ours has a `this` to lose (see syntax).
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': ['error', ...syntax],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['server/kernel/ids.ts'], rules: { '@typescript-eslint/consistent-type-assertions': 'off' } },
  {
    // What scripts know from the web are classes; `this` is theirs, and what crosses to them is text.
    files: ['scripts-runtime/guest/**/*.ts'],
    rules: {
      'no-restricted-syntax': 'off',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
      // Scripts are no TypeScript: whatever the types say, they hand over what they like, and the web turns it into text.
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
    },
  },
  {
    // A knex builder is thenable; a callback that hands it back forgets no promise.
    files: ['**/*.store.ts', 'migrations/**/*.ts', 'server/db/**/*.ts'],
    rules: { '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }] },
  },
  {
    files: ['workflows/definitions/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...syntax, ...fences] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
      'no-console': 'off',
    },
  },
);
