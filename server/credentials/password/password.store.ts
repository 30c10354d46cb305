/** Passwords in rows: one for each person and some of those before it, only ever as hashes. */
import type { Knex } from 'knex';
import { toOptionalTime, type TimeColumn } from '../../db/columns.ts';
import { credentialId, newId, userId, type PoolId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { formOf } from './password-form.ts';
import {
  longestHistory,
  mostForms,
  type FormerPassword,
  type PasswordCredential,
  type PasswordCredentialStore,
  type PasswordState,
} from './password.ts';

interface PasswordRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly id: string;
  /** Empty where there is none. */
  readonly hash: string;
  readonly version: number;
  readonly expires_at: TimeColumn | null;
  readonly state: PasswordState;
  readonly created_at: TimeColumn | null;
  readonly updated_at: TimeColumn | null;
}

interface FormRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly form: string;
}

interface FormerRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly version: number;
  readonly hash: string;
}

function fromRow(row: PasswordRow | undefined): PasswordCredential | undefined {
  if (row === undefined) return undefined;
  return {
    id: credentialId(row.id),
    userId: userId(row.user_id),
    hash: row.hash === '' ? undefined : row.hash,
    version: row.version,
    expiresAt: toOptionalTime(row.expires_at),
    state: row.state,
    createdAt: toOptionalTime(row.created_at),
    updatedAt: toOptionalTime(row.updated_at),
  };
}

export function createPasswordCredentialStore(executor: Knex): PasswordCredentialStore {
  const place = (tenant: TenantId, pool: PoolId, user: UserId) => ({ tenant_id: tenant, pool_id: pool, user_id: user });
  const rows = () => executor<PasswordRow>('password_credentials');
  const former = () => executor<FormerRow>('password_history');
  const one = (...at: Parameters<typeof place>) => rows().where(place(...at));
  const before = (...at: Parameters<typeof place>) => former().where(place(...at));

  async function keep(at: ReturnType<typeof place>, history: readonly FormerPassword[]): Promise<void> {
    if (history.length === 0) return;
    const kept = history.map(({ version, hash }) => ({ ...at, version, hash }));
    await former().insert(kept).onConflict(['tenant_id', 'pool_id', 'user_id', 'version']).ignore();
  }

  const forms = () => executor<FormRow>('password_forms');
  /** With the first hash that has it. */
  async function keepForm(tenant: TenantId, pool: PoolId, hash: string | undefined): Promise<void> {
    const form = formOf(hash ?? '');
    if (form === undefined) return;
    await forms()
      .insert({ tenant_id: tenant, pool_id: pool, form })
      .onConflict(['tenant_id', 'pool_id', 'form'])
      .ignore();
  }

  return {
    async formsOf(tenant, pool) {
      const found = await forms().where({ tenant_id: tenant, pool_id: pool }).orderBy('form').limit(mostForms);
      return found.map(({ form }) => form);
    },

    findByUser: async (tenant, pool, user) => fromRow(await one(tenant, pool, user).first()),
    findHeld: async (tenant, pool, user) => fromRow(await one(tenant, pool, user).forUpdate().first()),

    async historyOf(tenant, pool, user) {
      const found = await before(tenant, pool, user).orderBy('version', 'desc').limit(longestHistory);
      return found.map(({ version, hash }) => ({ version, hash }));
    },

    async put(tenant, pool, credential, history) {
      const changes = {
        id: credential.id,
        hash: credential.hash ?? '',
        version: credential.version,
        expires_at: credential.expiresAt ?? null,
        state: credential.state,
        created_at: credential.createdAt ?? null,
        updated_at: credential.updatedAt ?? null,
      };
      const at = place(tenant, pool, credential.userId);
      await rows()
        .insert({ ...at, ...changes })
        .onConflict(['tenant_id', 'pool_id', 'user_id'])
        .merge(changes);
      await keepForm(tenant, pool, credential.hash);
      if (history === undefined) return;
      await before(tenant, pool, credential.userId).delete();
      await keep(at, history.slice(0, longestHistory));
    },

    async set(tenant, pool, user, hash, expiresAt, { state = 'valid', at: now } = {}) {
      const at = place(tenant, pool, user);
      // Where there is none nothing is locked: the gap would be, and so would everybody whose id lies in it.
      const isThere = (await one(tenant, pool, user).first('version')) !== undefined;
      const replaced = isThere ? await one(tenant, pool, user).forUpdate().first('version', 'hash') : undefined;
      if (replaced !== undefined && replaced.hash !== '') {
        await keep(at, [replaced]);
        await before(tenant, pool, user)
          .where('version', '<=', replaced.version - longestHistory)
          .delete();
      }
      const changes = { hash: hash ?? '', expires_at: expiresAt ?? null, state, updated_at: now ?? null };
      // One statement: two changes at once raise the version twice.
      await rows()
        .insert({ ...at, ...changes, id: newId(), version: 1, created_at: now ?? null })
        .onConflict(['tenant_id', 'pool_id', 'user_id'])
        .merge({ ...changes, version: executor.raw('?? + 1', ['password_credentials.version']) });
      await keepForm(tenant, pool, hash);
    },

    setState: async (tenant, pool, user, state, at) =>
      (await one(tenant, pool, user).update({ state, updated_at: at })) > 0,

    rehash: async (tenant, pool, user, from, to) =>
      (await one(tenant, pool, user).where({ hash: from }).update({ hash: to })) > 0,
  };
}
