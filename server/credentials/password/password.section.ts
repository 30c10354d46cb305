/** Passwords in an exported identity configuration: only ever as their hashes. */
import { z } from 'zod';
import { section, type Section } from '../../configuration/section.ts';
import { credentialId, newId, poolId, userId } from '../../kernel/ids.ts';
import { needsUser, usersOf, type UserSectionStores } from '../../users/user.section.ts';
import { isStoredHash, type PasswordCredential, type PasswordCredentialStore } from './password.ts';

export interface PasswordSectionStores extends UserSectionStores {
  readonly passwords: Pick<PasswordCredentialStore, 'findByUser' | 'put'>;
}

const body = z.object({
  id: z.string().max(64).default(''),
  user_pool_id: z.string().min(1).max(64),
  user_id: z.string().min(1).max(64),
  type: z.literal('password', 'must be password'),
  payload: z.object({ hashed_password: z.string().max(2048) }),
  expires_at: z.iso.datetime({ offset: true }).optional(),
  /** Ours: grows with every change. */
  version: z.int().min(1).optional(),
});
type PasswordItem = z.infer<typeof body>;

function toItem(pool: string, { id, userId: user, hash, version, expiresAt }: PasswordCredential): PasswordItem {
  return {
    id,
    user_pool_id: pool,
    user_id: user,
    type: 'password',
    payload: { hashed_password: hash },
    ...(expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    version,
  };
}

export function passwordSection(): Section<PasswordSectionStores> {
  return section({
    member: 'user_credentials',
    body,
    holds: ['place'],
    placeMember: 'user_pool_id',
    nameOf: ({ user_pool_id: pool, user_id: user }) => `${pool} ${user}`,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ user_id: user }) => user,
    needs: ({ user_pool_id: pool, user_id: user }) => needsUser(pool, user),
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const { id } of usersOf(stores, tenant, poolId(pool))) {
        const credential = await stores.passwords.findByUser(tenant, poolId(pool), id);
        if (credential !== undefined) yield toItem(pool, credential);
      }
    },
    async find({ passwords }, tenant, { user_pool_id: pool, user_id: user }) {
      const found = await passwords.findByUser(tenant, poolId(pool), userId(user));
      return found === undefined ? undefined : toItem(pool, found);
    },
    faults: ({ payload }) =>
      Promise.resolve(
        isStoredHash(payload.hashed_password)
          ? []
          : [{ pointer: '/payload/hashed_password', message: 'must be an argon2id hash in PHC form' }],
      ),
    complete(item, stored) {
      const isSame = stored?.payload.hashed_password === item.payload.hashed_password;
      const version = item.version ?? (stored?.version ?? 0) + (isSame ? 0 : 1);
      return Promise.resolve({ ...item, id: item.id === '' ? (stored?.id ?? newId()) : item.id, version });
    },
    write: ({ passwords }, tenant, item) =>
      passwords.put(tenant, poolId(item.user_pool_id), {
        id: credentialId(item.id),
        userId: userId(item.user_id),
        hash: item.payload.hashed_password,
        version: item.version ?? 1,
        expiresAt: item.expires_at === undefined ? undefined : Date.parse(item.expires_at),
      }),
    secrets: (item, map) => ({
      ...item,
      payload: { hashed_password: map(item.payload.hashed_password, 'payload/hashed_password') },
    }),
  });
}
