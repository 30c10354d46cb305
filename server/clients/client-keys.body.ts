/** The keys that a client is registered with (RFC 7517): those it shows to the world, and none that it signs with. */
import { z } from 'zod';
import { unserved } from '../http/unserved.ts';
import { keyKinds, secretKeyMembers } from './client-keys.ts';

const text = z.string().max(16_384).optional();

const secret = unserved('it is the secret half of the key, which stays with the client');

const members = {
  kty: z.enum(keyKinds, 'must be RSA, EC or OKP: a key with a public half'),
  use: text,
  key_ops: z.array(z.string().max(64)).max(20).optional(),
  alg: text,
  kid: text,
  n: text,
  e: text,
  crv: text,
  x: text,
  y: text,
  x5u: text,
  x5c: z.array(z.string().max(16_384)).max(20).optional(),
  x5t: text,
  'x5t#S256': text,
  ...Object.fromEntries(secretKeyMembers.map((name) => [name, secret])),
};

/** Empty is not given, as everywhere in these bodies. */
const isKept = ([name, value]: readonly [string, unknown]): boolean =>
  !secretKeyMembers.some((secret) => secret === name) && value !== '' && !(Array.isArray(value) && value.length === 0);

const onlyKept = (key: Readonly<Record<string, unknown>>) => Object.fromEntries(Object.entries(key).filter(isKept));

/** Members that no key has are passed over, and not kept. */
export const publicKeySet = z.object({ keys: z.array(z.object(members).transform(onlyKept)).max(50) });
