/** Secrets that the first start makes where the configuration gives none, kept where the operator finds them. */
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { createPrivateFile, readPrivateFile } from '../db/private-file.ts';
import { PlatformError } from '../kernel/errors.ts';

export interface FirstStartSecrets {
  readonly rootClientSecret: string;
  readonly demoPassword: string;
}

const schema = z.object({ rootClientSecret: z.string().min(16), demoPassword: z.string().min(8) });

export function firstStartPath(dataDir: string): string {
  return join(dataDir, 'first-start.json');
}

/** Four groups of five, without letters that look alike: 90 bits, and somebody can still type it. */
function readablePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz';
  const group = (): string => Array.from({ length: 5 }, () => letters.charAt(randomInt(letters.length))).join('');
  return [group(), group(), group(), group()].join('-');
}

/** @returns undefined before the first start, and where the operator removed the file */
export async function readFirstStartSecrets(dataDir: string): Promise<FirstStartSecrets | undefined> {
  const path = firstStartPath(dataDir);
  const text = await readPrivateFile(path);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PlatformError('internal', `${path} cannot be read: repair it, or remove it when you know its secrets.`, {
      cause,
    });
  }
}

/** Makes both at once and before anything uses them: a start that dies half-way, or two at once, find the same ones. */
export async function ensureFirstStartSecrets(dataDir: string): Promise<FirstStartSecrets> {
  const known = await readFirstStartSecrets(dataDir);
  if (known !== undefined) return known;
  const made: FirstStartSecrets = {
    rootClientSecret: randomBytes(32).toString('base64url'),
    demoPassword: readablePassword(),
  };
  const note =
    'Used where the configuration gave none at the first start. Keep it safe, or remove it once you know them.';
  await createPrivateFile(firstStartPath(dataDir), `${JSON.stringify({ note, ...made }, undefined, 2)}\n`);
  return (await readFirstStartSecrets(dataDir)) ?? made;
}
