/** Types of scripts for editors: what the guides show is right by them, and what the runtime refuses is wrong. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import type { z } from 'zod';
import type { EffectName, Manifest } from '../../scripts-runtime/guest/types.ts';
import { scriptDeclarations, type manifestSchema } from '../../scripts-runtime/index.ts';
import type { EffectName as Declared } from '../../scripts-runtime/index.ts';

/** Each way: what an editor allows is read, and what is read an editor allows. The compiler holds them to it. */
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
type Holds<Fact extends true> = Fact;
export type Held = [
  Holds<Same<EffectName, Declared>>,
  Holds<[Manifest] extends [z.input<typeof manifestSchema>] ? true : false>,
];

const examples = new URL('../../examples/scripts/', import.meta.url);
const typedHead = `import { defineScript } from '@gatehouse/scripts/post-authn';\nexport default defineScript({ runtime: '2026-11', `;
const script = (run: string, manifest = '') => `${typedHead}${manifest} async run(event, api) { ${run} } });\n`;

describe('scriptDeclarations', function () {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-types-'));
    await writeFile(join(folder, 'gatehouse.d.ts'), await scriptDeclarations());
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** What an editor would underline, in files beside the declarations. */
  async function faultsOf(sources: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const files = Object.keys(sources).map((name) => join(folder, name));
    for (const [name, source] of Object.entries(sources)) await writeFile(join(folder, name), source);
    const program = ts.createProgram([join(folder, 'gatehouse.d.ts'), ...files], {
      ...{ strict: true, noEmit: true, allowJs: true, checkJs: true, types: [] },
      ...{ target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  }

  it('know the examples, and the script of the guide', async () => {
    const names = await readdir(examples);
    const sources = new Map<string, string>();
    for (const name of names.filter((one) => /\.[jt]s$/.test(one))) {
      const source = await readFile(new URL(name, examples), 'utf8');
      if (source.includes('defineScript')) sources.set(name, source);
    }
    assert.ok(sources.size > 0);
    const guide = await readFile(new URL('../../docs/guides/write-a-script.md', import.meta.url), 'utf8');
    const shown = [...guide.matchAll(/```js\n([^`]*defineScript(?:[^`]|`(?!``))*)```/g)].map(
      ([, source = '']) => source,
    );
    assert.ok(shown.length > 0);
    for (const [index, source] of shown.entries()) sources.set(`guide-${String(index)}.js`, source);
    assert.deepEqual(await faultsOf(Object.fromEntries(sources)), []);
  });

  it('know what each call answers', async () => {
    const run = `
      const { approved, outcome, decisions } = await api.approval({ group: 'treasury', quorum: 2, timeout: '3d' });
      if (!approved && outcome === 'expired') return api.deny(decisions.map(({ by, at }) => by + at.toFixed()).join());
      const { data } = await api.redirect('kyc', { data: { hint: event.user.id } });
      api.user.setMetadata({ level: data.level, old: null });
      const count: number = await api.cache.incr('seen');
      const token: string = await api.crypto.jwt.sign({ count }, { key: api.secrets.KEY ?? '', alg: 'HS256' });
      api.claims.set('token', token);`;
    const other = `import { defineScript, type ApprovalAnswer } from '@gatehouse/scripts/allowed-idps';
export const last: ApprovalAnswer['outcome'] = 'withdrawn';
export default defineScript({ runtime: '2026-11', run: ({ idps }) => ({ idps_ids: idps.map(({ id }) => id) }) });\n`;
    assert.deepEqual(await faultsOf({ 'a.ts': script(run, `effects: ['approval'],`), 'b.ts': other }), []);
  });

  it('underline what the runtime would refuse', async () => {
    const wrong = {
      'effect.ts': script('', `effects: ['everything'],`),
      'runtime.ts': script('').replace('2026-11', '1999-01'),
      'call.ts': script(`await api.query('select');`),
      'answer.ts': script(`const yes: string = (await api.approval({ role: 'admin' })).approved; api.deny(yes);`),
      'method.ts': script('', `net: [{ host: 'a.example', methods: ['TRACE'] }],`),
      'durable.ts': script(`await api.sleep('1h');`).replace('post-authn', 'token-minting'),
      'module.ts': script('').replace('post-authn', 'pre-authn'),
    };
    const faults = await faultsOf(wrong);
    for (const name of Object.keys(wrong))
      assert.ok(
        faults.some((one) => one.includes(`/${name}:`)),
        `${name} is right`,
      );
  });
});
