/** argon2id off the event loop, within bounds, and at the same cost whether or not there is a hash to compare with. */
import { randomBytes } from 'node:crypto';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { PlatformError } from '../../kernel/errors.ts';
import { parseForeignHash } from './foreign-hash.ts';
import { createHashGate } from './hash-gate.ts';
import { ownParameters, ownPrefix } from './own-hash.ts';
import type { PasswordHasher } from './password.ts';

/** The work itself, which tests count. */
export interface Argon2 {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}

const native: Argon2 = {
  hash: (password) => argon2Hash(password, ownParameters),
  // Cost and salt are read from the hash.
  verify: (hash, password) => argon2Verify(hash, password),
};

/** Longer than any passphrase; without a bound the hash's input would be the attacker's to size. */
export const longestPasswordBytes = 1024;

export interface PasswordHasherOptions {
  /** Hashes at the same time; each takes 19 MiB and a core. */
  readonly concurrency?: number;
  /** Hashes that may wait for their turn. */
  readonly waiting?: number;
  readonly argon2?: Argon2;
  /** What verifies hashes of another making, which tests count. */
  readonly parse?: typeof parseForeignHash;
}

export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { concurrency = 4, waiting = 200, argon2 = native, parse = parseForeignHash } = options;
  const gate = createHashGate({ concurrency, waiting });
  const decoy = argon2.hash(randomBytes(32).toString('base64url'));
  // Whoever verifies first is told that it failed; until then nobody listens.
  decoy.catch(() => undefined);

  return {
    async hash(password) {
      if (isTooLong(password)) {
        throw new PlatformError('unprocessable_entity', 'The password must have at most 1024 bytes.');
      }
      return gate.run(() => argon2.hash(password));
    },

    async verify(hash, password, form) {
      const isComparable = hash !== undefined && !isTooLong(password);
      const own = isComparable && isOwn(hash) ? hash : undefined;
      // Known by its form alone, so that what was planted in a row costs no more than it may.
      const foreign = isComparable && own === undefined ? parse(hash) : undefined;
      const stored = own ?? (await decoy);
      const text = isTooLong(password) ? '' : password;
      return gate.run(async () => {
        const matches = await argon2.verify(stored, text);
        if (own !== undefined && matches) return true;
        const other = foreign ?? (form === undefined ? undefined : parse(form));
        const isTheirs = other !== undefined && (await other(text));
        return foreign !== undefined && isTheirs;
      });
    },

    isOwn,
  };
}

function isOwn(hash: string): boolean {
  return hash.startsWith(ownPrefix);
}

export function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > longestPasswordBytes;
}
