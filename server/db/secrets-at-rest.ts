/** Secrets at rest: AES-256-GCM under a key per purpose, bound to the place where the value belongs. */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { PlatformError } from '../kernel/errors.ts';
import type { Sealer } from '../kernel/sealer.ts';

export { loadMasterKey } from './master-key.ts';

const algorithm = 'aes-256-gcm';
const version = 'v1.';
/** NIST SP 800-38D §8.2: 96-bit nonces; random ones are good for 2^32 values per key, hence a key per purpose. */
const nonceBytes = 12;
const tagBytes = 16;

function cannotOpen(cause?: unknown): PlatformError {
  return new PlatformError('internal', 'A stored secret cannot be opened.', { cause });
}

/** `clients.secret:{tenant}:{id}` has the purpose `clients.secret`. */
function purposeOf(context: string): string {
  const end = context.indexOf(':');
  return end === -1 ? context : context.slice(0, end);
}

/**
 * Values read `v1.` and base64url of nonce, ciphertext and tag; a later format gets another version.
 * @param masterKey 32 bytes
 * @throws PlatformError `internal` for a key of another length
 */
export function createSealer(masterKey: Uint8Array): Sealer {
  if (masterKey.length !== 32) throw new PlatformError('internal', 'A sealing key must have 32 bytes.');
  const secret = createSecretKey(masterKey);
  // Key objects: bytes would be made into one with every value, which takes longer than the cipher.
  const keys = new LRUCache<string, KeyObject>({ max: 100 });

  const keyOf = (context: string): KeyObject => {
    const purpose = purposeOf(context);
    const known = keys.get(purpose);
    if (known !== undefined) return known;
    // HKDF (RFC 5869): a key that leaks or wears out in one purpose says nothing about another's.
    const bytes = hkdfSync('sha256', secret, '', `gatehouse sealing v1 ${purpose}`, 32);
    const key = createSecretKey(new Uint8Array(bytes));
    keys.set(purpose, key);
    return key;
  };

  return {
    seal(plaintext, context) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, keyOf(context), nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(context));
      const sealed = [nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return version + Buffer.concat(sealed).toString('base64url');
    },

    open(sealed, context) {
      if (!sealed.startsWith(version)) throw cannotOpen();
      const bytes = Buffer.from(sealed.slice(version.length), 'base64url');
      if (bytes.length < nonceBytes + tagBytes) throw cannotOpen();
      try {
        const decipher = createDecipheriv(algorithm, keyOf(context), bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        });
        decipher.setAAD(Buffer.from(context));
        decipher.setAuthTag(bytes.subarray(-tagBytes));
        const plaintext = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
        return Buffer.concat([plaintext, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw cannotOpen(cause);
      }
    },
  };
}
