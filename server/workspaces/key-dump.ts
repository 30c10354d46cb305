/** Signing keys as an exported configuration writes them: a JWK Set (RFC 7517) with its private members. */
import { z } from 'zod';
import type { SigningKey } from './signing-key.ts';

const time = z.iso.datetime({ offset: true });

const keyBody = z.looseObject({
  kid: z.string().min(1).max(64),
  kty: z.enum(['EC', 'RSA']),
  alg: z.enum(['ES256', 'RS256', 'PS256']),
  created_at: time,
  /** Of a key that signs no more: when nothing it signed is valid any longer. */
  removable_at: time.optional(),
});

export const keysBody = z.object({ keys: z.array(keyBody).max(100) });
export type KeysBody = z.infer<typeof keysBody>;

export function toKeysBody(keys: readonly SigningKey[]): KeysBody {
  return keysBody.parse({
    keys: keys.map(({ privateJwk, kid, alg, createdAt, removableAt }) => ({
      ...privateJwk,
      kid,
      alg,
      created_at: new Date(createdAt).toISOString(),
      ...(removableAt === undefined ? {} : { removable_at: new Date(removableAt).toISOString() }),
    })),
  });
}

export function keysFrom({ keys }: KeysBody): readonly SigningKey[] {
  return keys.map(({ created_at: created, removable_at: removable, ...jwk }) => ({
    kid: jwk.kid,
    alg: jwk.alg,
    state: removable === undefined ? 'active' : 'retired',
    privateJwk: { ...jwk, use: 'sig' },
    createdAt: Date.parse(created),
    removableAt: removable === undefined ? undefined : Date.parse(removable),
  }));
}
