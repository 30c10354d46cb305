/** argon2id off the event loop, within bounds, and at the same cost whether or not there is a hash to compare with. */
import { randomBytes } from 'node:crypto';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { PlatformError } from '../../kernel/errors.ts';
import { parseForeignHash } from './foreign-hash.ts';
import { createHashGate } from './hash-gate.ts';
import type { PasswordHasher } from './password.ts';

/** The work itself, which tests count. */
export interface Argon2 {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}

/** The parameters the OWASP password storage guide gives for argon2id; version 19. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** How every hash begins that is made with them. */
const ownPrefix = '$argon2id$v=19$m=19456,t=2,p=1$';

const native: Argon2 = {
  hash: (password) => argon2Hash(password, parameters),
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
}

export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { concurrency = 4, waiting = 200, argon2 = native } = options;
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

    async verify(hash, password) {
      const isComparable = hash !== undefined && !isTooLong(password);
      const own = isComparable && isOwn(hash) ? hash : undefined;
      // Known by its form alone, so that what was planted in a row costs no more than it may.
      const foreign = isComparable && own === undefined ? parseForeignHash(hash) : undefined;
      const stored = own ?? (await decoy);
      return gate.run(async () => {
        const matches = await argon2.verify(stored, isTooLong(password) ? '' : password);
        if (own !== undefined) return matches;
        return foreign !== undefined && (await foreign(password));
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
