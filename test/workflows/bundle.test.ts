/** The workflow code is bundled once, and again when it changes. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadWorkflowBundle } from '../../workflows/bundle.ts';

const dependencies = fileURLToPath(new URL('../../node_modules', import.meta.url));

describe('loadWorkflowBundle', function () {
  this.timeout(60_000);
  let cacheDir: string;

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'));
  });
  afterEach(async () => {
    await rm(cacheDir, { recursive: true, force: true });
  });

  it('is read from the cache while nothing changed', async () => {
    const { code } = await loadWorkflowBundle({ cacheDir });
    assert.match(code, /authentication/);
    const [file, ...others] = await readdir(cacheDir);
    assert.deepEqual(others, []);
    await writeFile(join(cacheDir, file ?? ''), 'from the cache');
    assert.deepEqual(await loadWorkflowBundle({ cacheDir }), { code: 'from the cache' });
  });

  it('is made again when a definition changed', async () => {
    await symlink(dependencies, join(cacheDir, 'node_modules'));
    await mkdir(join(cacheDir, 'definitions'));
    const workflowsPath = join(cacheDir, 'definitions', 'index.ts');
    await writeFile(workflowsPath, 'export async function first() {}\n');
    const before = await loadWorkflowBundle({ cacheDir, workflowsPath });
    await writeFile(workflowsPath, 'export async function second() {}\n');
    const after = await loadWorkflowBundle({ cacheDir, workflowsPath });
    assert.match(before.code, /first/);
    assert.match(after.code, /second/);
  });

  describe('when it makes one', () => {
    const dayMs = 24 * 60 * 60 * 1000;
    const bundle = (digit: string, end = ''): string => `workflow-bundle-${digit.repeat(32)}.js${end}`;
    const plant = async (name: string, daysAgo: number): Promise<void> => {
      const file = join(cacheDir, name);
      await writeFile(file, name);
      const then = new Date(Date.now() - daysAgo * dayMs);
      await utimes(file, then, then);
    };
    /** What is left of the planted files after a new version has made its bundle. */
    const left = async (...planted: readonly (readonly [string, number])[]): Promise<readonly string[]> => {
      for (const [name, daysAgo] of planted) await plant(name, daysAgo);
      await symlink(dependencies, join(cacheDir, 'node_modules'));
      await mkdir(join(cacheDir, 'definitions'));
      const workflowsPath = join(cacheDir, 'definitions', 'index.ts');
      await writeFile(workflowsPath, 'export async function current() {}\n');
      await loadWorkflowBundle({ cacheDir, workflowsPath });
      const there = await readdir(cacheDir);
      return planted.map(([name]) => name).filter((name) => there.includes(name));
    };

    it('keeps the two of before and removes the older ones', async () => {
      const there = await left([bundle('a'), 40], [bundle('b'), 2], [bundle('c'), 30], [bundle('d'), 9]);
      assert.deepEqual(there, [bundle('b'), bundle('d')]);
    });

    it('removes none that was used within a day: another process may start with it just now', async () => {
      const recent = ['a', 'b', 'c', 'd'].map((digit) => [bundle(digit), 0.9] as const);
      assert.deepEqual(
        await left(...recent, [bundle('e'), 1.1]),
        ['a', 'b', 'c', 'd'].map((digit) => bundle(digit)),
      );
    });

    it('removes what a killed process left half written, and not what one writes now', async () => {
      assert.deepEqual(await left([bundle('a', '.17'), 2], [bundle('a', '.18'), 0]), [bundle('a', '.18')]);
    });

    it('touches nothing else in the folder, which is where all data is', async () => {
      const others = ['gatehouse.db', 'workflow-bundle-mine.js', `${bundle('a')}.bak`, 'first-start.json'];
      const planted = others.map((name) => [name, 400] as const);
      assert.deepEqual(await left(...planted), others);
    });
  });

  it('counts as used when it is read', async () => {
    await loadWorkflowBundle({ cacheDir });
    const [name = ''] = await readdir(cacheDir);
    const file = join(cacheDir, name);
    const longAgo = new Date(0);
    await utimes(file, longAgo, longAgo);
    await loadWorkflowBundle({ cacheDir });
    assert.notEqual((await stat(file)).mtimeMs, 0);
  });
});
