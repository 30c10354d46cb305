/** The deployment's own key, from which all sealing starts: given by the environment, or kept in a file. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PlatformError } from '../kernel/errors.ts';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

const keyBytes = 32;

export interface MasterKeyOptions {
  /** Base64 of 32 bytes. */
  readonly fromEnv: string | undefined;
  /** Folder of `master.key`, used when the environment has none. */
  readonly dataDir: string;
}

/** Exactly 32 bytes in base64 or base64url: a shorter key must not be taken for one. */
function parse(text: string, source: string): Uint8Array {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, 'base64');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) || key.length !== keyBytes) {
    throw new PlatformError(
      'internal',
      `${source} must hold 32 bytes in base64: «openssl rand -base64 32» makes them.`,
    );
  }
  return key;
}

/**
 * The 32 bytes from the environment, else from `<dataDir>/master.key`, which is made the first time.
 * @throws PlatformError `internal` when either is malformed, or the file may be read by others
 */
export async function loadMasterKey(options: MasterKeyOptions): Promise<Uint8Array> {
  if (options.fromEnv !== undefined) return parse(options.fromEnv, 'The master key of the environment');
  const path = join(options.dataDir, 'master.key');
  const known = await readPrivateFile(path);
  if (known !== undefined) return parse(known, path);
  await createPrivateFile(path, `${randomBytes(keyBytes).toString('base64')}\n`);
  // Read again: another process may have been faster, and its key is the key.
  return parse((await readPrivateFile(path)) ?? '', path);
}
