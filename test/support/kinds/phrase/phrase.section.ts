/** Recovery phrases in an exported identity configuration: their hashes alone. */
import { z } from 'zod';
import { credentialItems, type CredentialItems } from '../../../../server/credentials/credential.section.ts';
import type { PluginTransaction } from '../../../../server/extension-points/host.ts';
import { poolId, tenantId, userId } from '../../../../server/kernel/ids.ts';
import { needsUser, usersOf, type UserSectionStores } from '../../../../server/users/user.section.ts';
import { phrasesOn } from './phrase.store.ts';

export type PhraseSectionStores = UserSectionStores & { readonly lent: PluginTransaction };

const body = z.object({
  user_pool_id: z.string().min(1).max(64),
  user_id: z.string().min(1).max(64),
  type: z.literal('phrase'),
  /** What it is is told once it is opened: it may be sealed. */
  payload: z.object({ phrase_hash: z.string().max(2048), worn: z.boolean().default(false) }),
});

export function phraseItems(): CredentialItems<PhraseSectionStores> {
  const itemOf = async ({ lent }: PhraseSectionStores, tenant: string, pool: string, user: string) => {
    const found = await phrasesOn(lent.database).find(
      { tenantId: tenantId(tenant), poolId: poolId(pool) },
      userId(user),
    );
    if (found === undefined) return undefined;
    const payload = { phrase_hash: found.hash, worn: found.isWorn };
    return { user_pool_id: pool, user_id: user, type: 'phrase', payload } as const;
  };

  return credentialItems({
    body,
    nameOf: ({ user_id: user }) => user,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ user_id: user }) => user,
    needs: ({ user_pool_id: pool, user_id: user }) => needsUser(pool, user),
    async *list(stores: PhraseSectionStores, tenant, pool) {
      if (pool === undefined) return;
      for await (const { id } of usersOf(stores, tenant, poolId(pool))) {
        const item = await itemOf(stores, tenant, pool, id);
        if (item !== undefined) yield item;
      }
    },
    find: (stores, tenant, { user_pool_id: pool, user_id: user }) => itemOf(stores, tenant, pool, user),
    faults: ({ payload }) =>
      Promise.resolve(
        /^[\da-f]{64}$/.test(payload.phrase_hash)
          ? []
          : [{ pointer: '/payload/phrase_hash', message: 'must be a hash of 64 digits' }],
      ),
    write: ({ lent }, tenant, { user_pool_id: pool, user_id: user, payload: { phrase_hash: hash, worn: isWorn } }) =>
      phrasesOn(lent.database).put({ tenantId: tenant, poolId: poolId(pool) }, userId(user), { hash, isWorn }),
    secrets: ({ payload, ...item }, map) => ({
      ...item,
      payload: { ...payload, phrase_hash: map(payload.phrase_hash, 'payload/phrase_hash') },
    }),
  });
}
