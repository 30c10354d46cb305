/** The linter's fences stand: what each keeps out, planted, is reported by its rule. */
import assert from 'node:assert/strict';
import { ESLint } from 'eslint';
import { projectRoot } from '../support/cruise.ts';

const inDefinition = 'workflows/definitions/planted.ts';
const inServer = 'server/planted.ts';

const plants: readonly (readonly [what: string, file: string, source: string, rule: string])[] = [
  [
    'a forgotten await on an activity',
    inDefinition,
    "import { proxyLocalActivities } from '@temporalio/workflow';\nconst platform = proxyLocalActivities<{ commit(id: string): Promise<void> }>({});\nexport function login(): void {\n  platform.commit('x');\n}\n",
    '@typescript-eslint/no-floating-promises',
  ],
  [
    'a thenable nobody waits for',
    inServer,
    'export function run(query: PromiseLike<number>): void {\n  query;\n  query.then(Number);\n}\n',
    '@typescript-eslint/no-floating-promises',
  ],
  [
    'chance in a definition',
    inDefinition,
    'export const coin = (): number => Math.random();\n',
    'no-restricted-syntax',
  ],
  ['a clock in a definition', inDefinition, 'export const at = (): number => Date.now();\n', 'no-restricted-syntax'],
  [
    'a timer in a definition',
    inDefinition,
    'export function wait(): void {\n  setTimeout(() => undefined, 1);\n}\n',
    'no-restricted-syntax',
  ],
  [
    'I/O in a definition',
    inDefinition,
    "import { readFileSync } from 'node:fs';\nexport const text = readFileSync('x', 'utf8');\n",
    'no-restricted-syntax',
  ],
  ['a default export', inServer, 'export default 1;\n', 'no-restricted-syntax'],
  ['an enum', inServer, 'export enum Colour { Red }\n', 'no-restricted-syntax'],
  ['a namespace', inServer, 'export namespace Room { export const a = 1; }\n', 'no-restricted-syntax'],
  ['a class', inServer, 'export class Service { readonly a = 1; }\n', 'no-restricted-syntax'],
  [
    'an async forEach',
    inServer,
    'export function all(list: readonly Promise<void>[]): void {\n  list.forEach(async (one) => { await one; });\n}\n',
    'no-restricted-syntax',
  ],
  [
    'a cast',
    inServer,
    'export const id = (text: unknown): number => text as number;\n',
    '@typescript-eslint/consistent-type-assertions',
  ],
  [
    'a bang',
    inServer,
    'export const first = (list: readonly string[]): string => list[0]!;\n',
    '@typescript-eslint/no-non-null-assertion',
  ],
  ['any', inServer, 'export const it = (value: any): string => String(value);\n', '@typescript-eslint/no-explicit-any'],
  [
    'a type imported as a value',
    inServer,
    "import { Server } from 'node:http';\nexport type Own = Server;\n",
    '@typescript-eslint/consistent-type-imports',
  ],
  ['console in production code', inServer, "export function say(): void {\n  console.log('x');\n}\n", 'no-console'],
];

describe('the linter', function () {
  this.timeout(60_000);
  let eslint: ESLint;
  before(() => {
    eslint = new ESLint({
      cwd: projectRoot,
      overrideConfig: {
        languageOptions: {
          parserOptions: {
            projectService: { allowDefaultProject: [inServer, inDefinition], defaultProject: 'tsconfig.json' },
          },
        },
      },
    });
  });

  for (const [what, filePath, source, rule] of plants) {
    it(`refuses ${what}`, async () => {
      const [result] = await eslint.lintText(source, { filePath });
      assert.ok(
        result?.messages.some(({ ruleId }) => ruleId === rule),
        JSON.stringify(result?.messages),
      );
    });
  }

  it('takes code that is right', async () => {
    const source =
      'export const names = (list: readonly string[]): readonly string[] => list.map((name) => name.trim());\n';
    const [result] = await eslint.lintText(source, { filePath: inServer });
    assert.deepEqual(result?.messages, []);
  });
});
