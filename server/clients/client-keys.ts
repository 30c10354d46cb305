/** Of the keys that a client is registered with, the halves that it shows to the world (RFC 7517 §9.2). */
import type { ClientMetadata } from './client.ts';

/** Kinds of keys that have a public half. */
export const keyKinds = ['RSA', 'EC', 'OKP'] as const;

/** RFC 7518 §6.2.2, §6.3.2, §6.4: whoever reads them could say to be this client. */
export const secretKeyMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

const isSecret = (name: string): boolean => secretKeyMembers.some((one) => one === name);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What was registered before secret halves were refused, by whichever version: the rest of it. */
export function withPublicKeys(metadata: ClientMetadata): ClientMetadata {
  const { jwks, ...rest } = metadata;
  if (!isObject(jwks)) return jwks === undefined ? metadata : rest;
  const given: readonly unknown[] = Array.isArray(jwks['keys']) ? jwks['keys'] : [];
  const keys = given
    .filter(isObject)
    .filter(({ kty }) => keyKinds.some((kind) => kind === kty))
    .map((key) => Object.fromEntries(Object.entries(key).filter(([name]) => !isSecret(name))));
  return { ...rest, jwks: { keys } };
}
