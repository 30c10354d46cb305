/** The deployment's own key, from which all sealing starts: given by the environment, or kept in a file. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../kernel/errors.ts';

const keyBytes = 32;

export interface MasterKeyOptions {
  /** Base64 of 32 bytes. */
  readonly fromEnv: string | undefined;
  /** Folder of `master.key`, used when the environment has none. */
  readonly dataDir: string;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Exactly 32 bytes in base64 or base64url: a shorter key must not be taken for one. */
function parse(text: string, source: string): Uint8Array {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, 'base64');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) || key.length !== keyBytes) {
    throw new PlatformError(
      'internal',
      `${source} must hold 32 bytes in base64: make them with «openssl rand -base64 32».`,
    );
  }
  return key;
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    // Windows has no such modes; everywhere else a key that others may read is no secret.
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
      throw new PlatformError('internal', `${path} may be read by others: run «chmod 600 ${path}».`);
    }
    return parse(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Written whole under another name, then linked: of two processes one wins, and nobody ever reads half a key. */
async function create(dataDir: string, path: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(draft, `${randomBytes(keyBytes).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
}

/**
 * The 32 bytes from the environment, else from `<dataDir>/master.key`, which is made the first time.
 * @throws PlatformError `internal` when either is malformed, or the file may be read by others
 */
export async function loadMasterKey(options: MasterKeyOptions): Promise<Uint8Array> {
  if (options.fromEnv !== undefined) return parse(options.fromEnv, 'The master key of the environment');
  const path = join(options.dataDir, 'master.key');
  const known = await read(path);
  if (known !== undefined) return known;
  await create(options.dataDir, path);
  const made = await read(path);
  if (made === undefined) throw new PlatformError('internal', `${path} cannot be read.`);
  return made;
}
