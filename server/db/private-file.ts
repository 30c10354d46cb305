/** Small files with secrets: made once, whole, and for their owner's eyes only. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PlatformError } from '../kernel/errors.ts';

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * @returns undefined when there is no such file
 * @throws PlatformError `internal` when others may read it: then it holds no secret any more
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    // Windows has no such modes.
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
      throw new PlatformError('internal', `${path} may be read by others: run «chmod 600 ${path}».`);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Makes the file unless it is there. Written under another name, then linked: of two processes one wins, and nobody
 * ever reads half of it.
 */
export async function createPrivateFile(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(draft, content, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
}
