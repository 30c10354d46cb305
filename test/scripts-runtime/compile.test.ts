/** What is published compiles, says what it needs, and is refused with the place where it is wrong. */
import assert from 'node:assert/strict';
import type { CompileResult, ExecutionPoint } from '../../scripts-runtime/index.ts';
import { compiled, ran, testRuntime, typed } from '../support/scripts.ts';
import type { ScriptsRuntime } from '../support/scripts.ts';

describe('compile', () => {
  let runtime: ScriptsRuntime;
  before(async () => {
    runtime = await testRuntime({ children: 2 });
  });
  after(() => runtime.stop());

  const compile = (source: string, point: ExecutionPoint = 'post_authn_ctx'): Promise<CompileResult> =>
    runtime.compile({ tenant: 'acme', source, point });

  async function problem(source: string, point?: ExecutionPoint) {
    const result = await compile(source, point);
    assert.equal(result.kind, 'refused', JSON.stringify(result));
    return result.problems[0];
  }

  it('tells the shapes apart by what they export', async () => {
    assert.equal((await compiled(runtime, 'module.exports = async (context) => ({})')).shape, 'classic');
    assert.equal((await compiled(runtime, typed('return 1;'))).shape, 'typed');
  });

  it('reads what a typed script says about itself', async () => {
    const script = await compiled(
      runtime,
      typed(
        '',
        "secrets: ['RISK_KEY'], net: [{ host: 'risk.example.com', methods: ['POST'], secretHeader: { Authorization: 'Bearer ${RISK_KEY}' } }], effects: ['claims', 'deny'], onError: 'continue',",
      ),
    );
    assert.deepEqual(script.manifest, {
      runtime: '2026-11',
      secrets: ['RISK_KEY'],
      net: [{ host: 'risk.example.com', methods: ['POST'], secretHeader: { Authorization: 'Bearer ${RISK_KEY}' } }],
      effects: ['claims', 'deny'],
      onError: 'continue',
    });
  });

  it('takes TypeScript, and keeps every line and column where it was', async () => {
    const source = `import { defineScript } from '@gatehouse/scripts/post-authn';
interface Event { readonly user: { readonly id: string } }
export default defineScript({ runtime: '2026-11', async run(event: Event, api: unknown): Promise<void> {
  const id: string = event.user.id; throw new Error(id);
} });`;
    const result = await ran(runtime, source, { input: { user: { id: 'u' } } });
    assert.equal(result.kind, 'error');
    assert.deepEqual([result.stack[0]?.line, result.stack[0]?.column], [4, 43]);
  });

  const wrong: readonly (readonly [what: string, source: string, code: string, line?: number, column?: number])[] = [
    ['a word too many', 'const a = 1;\n\n b c;', 'syntax', 3, 4],
    ['a bracket too few in a module', 'export default {\n  a: 1,\n', 'syntax', 3, 1],
    ['an enum', 'enum Colour { Red }\nmodule.exports = () => 1;', 'unsupported_syntax', 1, 1],
    [
      'a parameter property',
      'class A {\n  constructor(private readonly a: number) {}\n}\nmodule.exports = () => 1;',
      'unsupported_syntax',
      2,
      32,
    ],
    ['no function', 'module.exports = 5;', 'shape'],
    ['no run', 'export default { runtime: "2026-11" };', 'shape'],
    ['a throw at its top', '\nthrow new Error("early");', 'shape', 2, 7],
    ['an import of anything else', 'import fs from "node:fs";\nexport default fs;', 'failed'],
    ['an effect that there is not', typed('', "effects: ['everything'],"), 'manifest'],
    ['a member that there is not', typed('', 'admin: true,'), 'manifest'],
    ['an API level that there is not', "export default { runtime: '1999-01', run() {} }", 'manifest'],
    ['a host that is an address with a path', typed('', "net: [{ host: 'a.example.com/x' }],"), 'manifest'],
    [
      'a secret in a header that is not declared',
      typed('', "net: [{ host: 'a.example.com', secretHeader: { A: '${K}' } }],"),
      'manifest',
    ],
    ['a loop at its top', 'for (;;);', 'failed'],
  ];
  for (const [what, source, code, line, column] of wrong) {
    it(`refuses ${what}, with its place`, async () => {
      const found = await problem(source);
      assert.deepEqual([found?.code, found?.line, found?.column], [code, line, column], JSON.stringify(found));
    });
  }

  it('refuses a script that would make a login wait where none can', async () => {
    const source = typed('', "effects: ['approval'],").replace('post-authn', 'token-minting');
    assert.equal((await problem(source, 'token_minting'))?.code, 'durable_not_allowed');
  });

  it('refuses more than a megabyte, unread', async () => {
    assert.equal((await problem('/'.repeat(1024 * 1024 + 1)))?.code, 'too_long');
  });
});
