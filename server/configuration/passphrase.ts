/** Secrets of an export under a passphrase, so that the file may lie where the platform's own keys do not reach. */
import { randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { createSealer } from '../db/secrets-at-rest.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { MapSecret } from './section.ts';

/** How the key is made from the passphrase: scrypt (RFC 7914), with the cost OWASP's password storage guide gives. */
export const sealingBody = z.object({
  kdf: z.literal('scrypt'),
  n: z.literal(131_072),
  r: z.literal(8),
  p: z.literal(1),
  salt: z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'must be 16 bytes in base64url'),
});
export type Sealing = z.infer<typeof sealingBody>;

export const passphraseBounds = { shortest: 12, longest: 1024 } as const;

export function newSealing(): Sealing {
  return { kdf: 'scrypt', n: 131_072, r: 8, p: 1, salt: randomBytes(16).toString('base64url') };
}

/** For one object of a dump: its secrets sealed or opened. A sealed text opens in its own place alone. */
export interface PassphraseSealer {
  seal(member: string, name: string): MapSecret;
  /** @throws PlatformError `unprocessable_entity` for another passphrase, or a text that was changed or moved */
  open(member: string, name: string): MapSecret;
}

/** Takes a moment and 128 MiB for it, off the event loop. */
export async function openPassphrase(passphrase: string, { n: N, r, p, salt }: Sealing): Promise<PassphraseSealer> {
  const key = await new Promise<Buffer>((resolve, reject) => {
    scrypt(
      passphrase.normalize('NFKC'),
      Buffer.from(salt, 'base64url'),
      32,
      { N, r, p, maxmem: 256 * N * r },
      (error, derived) => {
        if (error === null) resolve(derived);
        else reject(error);
      },
    );
  });
  const sealer = createSealer(key);
  const contextOf = (member: string, name: string, place: string): string =>
    `dump:${JSON.stringify([member, name, place])}`;
  return {
    seal: (member, name) => (secret, place) => sealer.seal(secret, contextOf(member, name, place)),
    open: (member, name) => (sealed, place) => {
      try {
        return sealer.open(sealed, contextOf(member, name, place));
      } catch (cause) {
        const message = 'does not open with this passphrase';
        throw new PlatformError('unprocessable_entity', `A secret of ${member} ${name} ${message}.`, {
          cause,
          details: [{ pointer: `/${place}`, message }],
        });
      }
    },
  };
}
