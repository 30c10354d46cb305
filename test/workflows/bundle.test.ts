/** The workflow code is bundled once, and again when it changes. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
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
});
