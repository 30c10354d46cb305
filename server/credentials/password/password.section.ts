/** Passwords in an exported identity configuration: only ever as their hashes. */
import { z } from 'zod';
import type { Fault } from '../../configuration/section.ts';
import type { Clock } from '../../kernel/clock.ts';
import { credentialId, newId, poolId, userId, type PoolId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { credentialItems, type CredentialItems } from '../credential.section.ts';
import { needsUser, usersOf, type UserSectionStores } from '../../users/user.section.ts';
import { parseForeignHash } from './foreign-hash.ts';
import { longestHistory, passwordStates, type FormerPassword, type PasswordCredentialStore } from './password.ts';

export interface PasswordSectionStores extends UserSectionStores {
  readonly passwords: Pick<PasswordCredentialStore, 'findByUser' | 'historyOf' | 'put'>;
}

const time = z.iso.datetime({ offset: true }).optional();
const hash = z.string().max(2048);

const body = z.object({
  id: z.string().max(64).default(''),
  user_pool_id: z.string().min(1).max(64),
  user_id: z.string().min(1).max(64),
  type: z.literal('password', 'must be password'),
  /** Empty for who sets their first password after a code. */
  payload: z.object({ hashed_password: hash.optional() }),
  expires_at: time,
  state: z.enum(passwordStates).optional(),
  created_at: time,
  updated_at: time,
  /** Ours: grows with every change. */
  version: z.int().min(1).max(2_000_000_000).optional(),
  /** Ours: those before it, newest first. Left out, what is stored stays. */
  history: z
    .array(z.object({ version: z.int().min(1), hashed_password: hash }))
    .max(longestHistory)
    .optional(),
});
type PasswordItem = z.infer<typeof body>;

const isoOf = (ms: number): string => new Date(ms).toISOString();
const msOf = (iso: string | undefined): number | undefined => (iso === undefined ? undefined : Date.parse(iso));
const timeOf = (member: 'expires_at' | 'created_at' | 'updated_at', ms: number | undefined) =>
  ms === undefined ? {} : { [member]: isoOf(ms) };
const isVerifiable = (text: string): boolean => parseForeignHash(text) !== undefined;
const unverifiable =
  'must be a hash that can be verified here, and at a bearable cost: argon2, bcrypt, pbkdf2, scrypt, or sha with a salt';

async function itemOf(
  { passwords }: PasswordSectionStores,
  tenant: TenantId,
  pool: PoolId,
  user: UserId,
): Promise<PasswordItem | undefined> {
  const found = await passwords.findByUser(tenant, pool, user);
  if (found === undefined) return undefined;
  // A first password has none before it.
  const history = found.version === 1 ? [] : await passwords.historyOf(tenant, pool, user);
  return {
    id: found.id,
    user_pool_id: pool,
    user_id: user,
    type: 'password',
    payload: found.hash === undefined ? {} : { hashed_password: found.hash },
    ...timeOf('expires_at', found.expiresAt),
    state: found.state,
    ...timeOf('created_at', found.createdAt),
    ...timeOf('updated_at', found.updatedAt),
    version: found.version,
    ...withHistory(history.map(({ version, hash: former }) => ({ version, hashed_password: former }))),
  };
}

type History = NonNullable<PasswordItem['history']>;
const withHistory = (history: History): Pick<PasswordItem, 'history'> => (history.length === 0 ? {} : { history });

/** Of an item that says nothing of those before: what is stored, and what it replaces. */
function historyAfter(item: PasswordItem, stored: PasswordItem | undefined): History {
  if (item.history !== undefined || stored === undefined) return item.history ?? [];
  const { payload, version = 1, history = [] } = stored;
  const replaced = payload.hashed_password;
  if (replaced === undefined || replaced === item.payload.hashed_password) return history;
  return [{ version, hashed_password: replaced }, ...history].slice(0, longestHistory);
}

function faultsOf({ payload, history = [], version }: PasswordItem): readonly Fault[] {
  const faults: Fault[] = [];
  const { hashed_password: own } = payload;
  if (own !== undefined && !isVerifiable(own))
    faults.push({ pointer: '/payload/hashed_password', message: unverifiable });
  let later = version ?? Infinity;
  for (const [at, former] of history.entries()) {
    const pointer = `/history/${String(at)}`;
    if (!isVerifiable(former.hashed_password))
      faults.push({ pointer: `${pointer}/hashed_password`, message: unverifiable });
    if (former.version >= later)
      faults.push({ pointer: `${pointer}/version`, message: 'must be below the one after it' });
    later = former.version;
  }
  return faults;
}

export function passwordItems({ clock }: { readonly clock: Clock }): CredentialItems<PasswordSectionStores> {
  return credentialItems({
    body,
    nameOf: ({ user_id: user }) => user,
    placeOf: ({ user_pool_id: pool }) => pool,
    groupOf: ({ user_id: user }) => user,
    needs: ({ user_pool_id: pool, user_id: user }) => needsUser(pool, user),
    async *list(stores, tenant, pool) {
      if (pool === undefined) return;
      for await (const { id } of usersOf(stores, tenant, poolId(pool))) {
        const item = await itemOf(stores, tenant, poolId(pool), id);
        if (item !== undefined) yield item;
      }
    },
    find: (stores, tenant, { user_pool_id: pool, user_id: user }) => itemOf(stores, tenant, poolId(pool), userId(user)),
    faults: (item) => Promise.resolve(faultsOf(item)),
    complete(item, stored) {
      const isSame = stored !== undefined && stored.payload.hashed_password === item.payload.hashed_password;
      const version = item.version ?? (stored?.version ?? 0) + (isSame ? 0 : 1);
      const {
        created_at = stored?.created_at,
        state = stored?.state ?? 'valid',
        updated_at,
        history: _,
        ...rest
      } = item;
      // What says its version came from an export, which says when it was changed where that is known.
      const isExported = item.version !== undefined;
      const changedAt =
        stored === undefined || isSame ? stored?.updated_at : isExported ? undefined : isoOf(clock.now());
      return Promise.resolve({
        ...rest,
        id: item.id === '' ? (stored?.id ?? newId()) : item.id,
        state,
        version,
        ...timeOf('created_at', msOf(created_at)),
        ...timeOf('updated_at', msOf(updated_at ?? changedAt)),
        ...withHistory(historyAfter(item, stored)),
      });
    },
    write({ passwords }, tenant, item) {
      const history = item.history?.map(({ version, hashed_password }): FormerPassword => ({
        version,
        hash: hashed_password,
      }));
      const credential = {
        id: credentialId(item.id),
        userId: userId(item.user_id),
        hash: item.payload.hashed_password,
        version: item.version ?? 1,
        expiresAt: msOf(item.expires_at),
        state: item.state ?? 'valid',
        createdAt: msOf(item.created_at),
        updatedAt: msOf(item.updated_at),
      };
      return passwords.put(tenant, poolId(item.user_pool_id), credential, history ?? []);
    },
    secrets(item, map) {
      const { hashed_password: own } = item.payload;
      return {
        ...item,
        payload: own === undefined ? {} : { hashed_password: map(own, 'payload/hashed_password') },
        ...(item.history === undefined
          ? {}
          : {
              history: item.history.map(({ version, hashed_password: former }, at) => ({
                version,
                hashed_password: map(former, `history/${String(at)}/hashed_password`),
              })),
            }),
      };
    },
  });
}
