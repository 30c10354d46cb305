/** Passkeys in an exported identity configuration: public keys, and the handles under which authenticators keep them. */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { PlatformError } from '../../kernel/errors.ts';
import { poolId, userId } from '../../kernel/ids.ts';
import { credentialItems, type CredentialItems } from '../credential.section.ts';
import { needsUser, usersOf, type UserSectionStores } from '../../users/user.section.ts';
import { credentialBody, givenPasskey, toCredentialBody } from './passkey.body.ts';
import { passkeyKey, type Passkey, type PasskeyStore } from './passkey.ts';

export interface PasskeySectionStores extends UserSectionStores {
  readonly passkeys: Pick<PasskeyStore, 'listOf' | 'find' | 'insert' | 'replace'>;
}

const time = z.iso.datetime({ offset: true }).optional();

export const passkeyItem = z.object({
  user_pool_id: z.string().min(1).max(64),
  user_id: z.string().min(1).max(64),
  type: z.literal('webauthn'),
  payload: credentialBody,
  created_at: time,
  /** Ours. */
  last_used_at: time,
});
type PasskeyItem = z.infer<typeof passkeyItem>;

const toItem = (pool: string, passkey: Passkey): PasskeyItem => ({
  user_pool_id: pool,
  user_id: passkey.userId,
  type: 'webauthn',
  payload: credentialBody.parse({
    ...toCredentialBody(passkey),
    // Of one from elsewhere that was never used, it is not known: said as nothing, it would differ from what was left out.
    ...(passkey.userHandle === undefined ? {} : { userHandle: passkey.userHandle }),
  }),
  created_at: new Date(passkey.createdAt).toISOString(),
  ...(passkey.lastUsedAt === undefined ? {} : { last_used_at: new Date(passkey.lastUsedAt).toISOString() }),
});

export function passkeyItems({ clock }: { readonly clock: Clock }): CredentialItems<PasskeySectionStores> {
  return credentialItems({
    body: passkeyItem,
    nameOf: ({ payload }) => payload.id,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ user_id: user }) => user,
    needs: ({ user_pool_id: pool, user_id: user }) => needsUser(pool, user),
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const { id } of usersOf(stores, tenant, poolId(pool))) {
        for (const one of await stores.passkeys.listOf(tenant, poolId(pool), id)) yield toItem(pool, one);
      }
    },
    async find({ passkeys }, tenant, { user_pool_id: pool, user_id: user, payload }) {
      const found = await passkeys.find(tenant, poolId(pool), passkeyKey(payload.id));
      if (found === undefined) return undefined;
      if (found.userId !== userId(user))
        throw new PlatformError('conflict', 'Somebody else in the pool has this passkey.');
      return toItem(pool, found);
    },
    complete(item, stored) {
      const { created_at = stored?.created_at ?? new Date(clock.now()).toISOString(), ...rest } = item;
      const { last_used_at = stored?.last_used_at, payload } = rest;
      const known = stored?.payload.publicKey === payload.publicKey ? stored.payload : undefined;
      const userHandle = payload.userHandle ?? known?.userHandle;
      // A counter never goes back: an older export would let a copy of the authenticator in.
      const signCount = Math.max(payload.authenticator.signCount, known?.authenticator.signCount ?? 0);
      return Promise.resolve({
        ...rest,
        created_at,
        ...(last_used_at === undefined ? {} : { last_used_at }),
        payload: {
          ...payload,
          authenticator: { ...payload.authenticator, signCount },
          ...(userHandle === undefined ? {} : { userHandle }),
        },
      });
    },
    async write({ passkeys }, tenant, item, stored) {
      const at = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
      const passkey: Passkey = {
        ...givenPasskey(item.payload),
        userId: userId(item.user_id),
        createdAt: at(item.created_at) ?? clock.now(),
        lastUsedAt: at(item.last_used_at),
      };
      await (stored === undefined
        ? passkeys.insert(tenant, poolId(item.user_pool_id), passkey)
        : passkeys.replace(tenant, poolId(item.user_pool_id), passkey));
    },
  });
}
