/** The keys that a client is registered with (RFC 7517): those it shows to the world, and none that it signs with. */
import { z } from 'zod';
import { unserved, unservedIn } from '../http/unserved.ts';

const text = z.string().max(16_384).optional();

/** Whoever reads them could say to be this client (RFC 7518 §6.2.2, §6.3.2, §6.4). */
const secret = unserved('it is the secret half of the key, which stays with the client');

const kinds = ['RSA', 'EC', 'OKP'] as const;
const members = {
  kty: z.enum(kinds, 'must be RSA, EC or OKP: a key with a public half'),
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
  d: secret,
  p: secret,
  q: secret,
  dp: secret,
  dq: secret,
  qi: secret,
  oth: secret,
  k: secret,
};
const secrets = unservedIn(members);

/** Empty is not given, as everywhere in these bodies. */
const isKept = ([name, value]: readonly [string, unknown]): boolean =>
  !secrets.includes(name) && value !== '' && !(Array.isArray(value) && value.length === 0);

const onlyKept = (key: Readonly<Record<string, unknown>>) => Object.fromEntries(Object.entries(key).filter(isKept));

/** Members that no key has are passed over, and not kept. */
export const publicKeySet = z.object({ keys: z.array(z.object(members).transform(onlyKept)).max(50) });

/** What was registered before secret halves were refused: the rest of it. */
export const storedKeySet = z.object({
  keys: z
    .array(z.record(z.string(), z.json()))
    .transform((keys) => keys.filter(({ kty }) => kinds.some((kind) => kind === kty)).map(onlyKept)),
});
