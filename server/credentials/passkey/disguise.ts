/** What is derived under a key, so that it tells nothing: the handles of people, and passkeys of those who have none. */
import { createHmac, createSecretKey } from 'node:crypto';
import { userId, type UserId } from '../../kernel/ids.ts';
import type { PoolPlace } from '../credential-kind.ts';
import { mostPasskeys } from './passkey.ts';

/** An id no user has: asked for in the place of nobody, so that they cost as many queries as anybody. */
export const nobody = userId('0'.repeat(32));

/** A passkey as a browser is asked for it. */
export interface Allowed {
  readonly id: string;
  readonly transports: readonly string[];
}

export interface Disguise {
  /** Stable, and not the id in clear (WebAuthn §14.6.1): 32 bytes, base64url. */
  handleOf(place: PoolPlace, user: UserId): string;
  /** The id of who registers by the page with this nonce: its form and its answer agree without a state. */
  newcomerOf(place: PoolPlace, nonce: string): UserId;
  /**
   * The same for an identifier whenever it is asked for, and like those of other people: mostly one, rarely as many as
   * anybody may have, so that no number of them tells that somebody is there.
   */
  passkeysOfNobody(place: PoolPlace, identifier: string): readonly Allowed[];
}

/** Lengths of credential ids in bytes, as authenticators of large makers give them. */
const lengths = [16, 20, 32, 64] as const;
const reaches: readonly (readonly string[])[] = [['internal', 'hybrid'], ['hybrid', 'internal'], ['internal'], ['usb']];

/** @param key 32 random bytes, the same in every process of the deployment */
export function createDisguise(key: Uint8Array): Disguise {
  const secret = createSecretKey(key);
  const derive = (...words: readonly (string | number)[]): Buffer =>
    createHmac('sha512', secret).update(JSON.stringify(words)).digest();

  return {
    handleOf: ({ tenantId, poolId }, user) =>
      derive('handle', tenantId, poolId, user).subarray(0, 32).toString('base64url'),

    newcomerOf: ({ tenantId, poolId }, nonce) =>
      userId(derive('newcomer', tenantId, poolId, nonce).subarray(0, 16).toString('hex')),

    passkeysOfNobody({ tenantId, poolId }, identifier) {
      const shape = derive('shape', tenantId, poolId, identifier);
      // Of those who have two or more, four ninths have three or more, a quarter four or more: (2/n)² of them have n.
      const many = Math.floor(2 / Math.sqrt((shape.readUInt32BE(8) + 1) / 2 ** 32));
      const count = shape.readUInt8(0) < 205 ? 1 : Math.min(many, mostPasskeys);
      return Array.from({ length: count }, (_, at) => {
        const [size, reach] = at < 2 ? [1 + at, 3 + at] : [16 + at, 16 + mostPasskeys + at];
        const length = lengths[shape.readUInt8(size) % lengths.length] ?? 32;
        return {
          id: derive('id', tenantId, poolId, identifier, at).subarray(0, length).toString('base64url'),
          transports: reaches[shape.readUInt8(reach) % reaches.length] ?? [],
        };
      });
    },
  };
}
