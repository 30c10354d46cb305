import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMasterKey } from '../../../server/db/master-key.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';

const malformed = (error: unknown) => isPlatformError(error, 'internal');

describe('loadMasterKey', () => {
  let folder: string;
  let dataDir: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-key-'));
    dataDir = join(folder, 'data');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes the key of the environment, and then makes no file', async () => {
    const key = randomBytes(32);
    assert.deepEqual(await loadMasterKey({ fromEnv: key.toString('base64'), dataDir }), key);
    await assert.rejects(stat(dataDir), { code: 'ENOENT' });
  });

  it('refuses a key of another length, without telling it', async () => {
    for (const text of ['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')]) {
      await assert.rejects(loadMasterKey({ fromEnv: text, dataDir }), (error) => {
        assert.ok(malformed(error));
        assert.ok(text === '' || !String(error).includes(text));
        return true;
      });
    }
  });

  it('makes a key the first time and finds it again', async () => {
    const first = await loadMasterKey({ fromEnv: undefined, dataDir });
    assert.equal(first.length, 32);
    assert.deepEqual(await loadMasterKey({ fromEnv: undefined, dataDir }), first);
    assert.equal((await stat(join(dataDir, 'master.key'))).mode & 0o777, 0o600);
    assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  });

  it('gives ten callers at once the same key, and leaves no drafts', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => loadMasterKey({ fromEnv: undefined, dataDir })));
    assert.equal(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size, 1);
    assert.deepEqual(await readdir(dataDir), ['master.key']);
  });

  it('refuses a file that others may read', async () => {
    await loadMasterKey({ fromEnv: undefined, dataDir });
    await chmod(join(dataDir, 'master.key'), 0o640);
    await assert.rejects(loadMasterKey({ fromEnv: undefined, dataDir }), malformed);
  });

  it('refuses a file with half a key instead of making another', async () => {
    await loadMasterKey({ fromEnv: undefined, dataDir });
    await writeFile(join(dataDir, 'master.key'), 'AAAA');
    await assert.rejects(loadMasterKey({ fromEnv: undefined, dataDir }), malformed);
  });
});
