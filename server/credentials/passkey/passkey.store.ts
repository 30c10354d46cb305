/** Passkeys in rows: a credential id is one person's alone in its pool. */
import type { Knex } from 'knex';
import {
  fromJson,
  insertUnlessTaken,
  toBoolean,
  toJson,
  toOptionalTime,
  toTime,
  type BooleanColumn,
  type TimeColumn,
} from '../../db/columns.ts';
import { userId, type PoolId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { passkeyKey, type Passkey, type PasskeyStore } from './passkey.ts';

interface PasskeyRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly credential_key: string;
  readonly user_id: string;
  readonly credential_id: string;
  readonly public_key: string;
  readonly counter: TimeColumn;
  readonly transports: string;
  readonly device_type: Passkey['deviceType'];
  readonly backed_up: BooleanColumn;
  readonly aaguid: string;
  readonly name: string;
  readonly attestation_type: string;
  readonly user_handle: string | null;
  readonly created_at: TimeColumn;
  readonly last_used_at: TimeColumn | null;
  readonly last_answer: string | null;
}

const toPasskey = (row: PasskeyRow): Passkey => ({
  userId: userId(row.user_id),
  id: row.credential_id,
  publicKey: row.public_key,
  counter: Number(row.counter),
  transports: fromJson<readonly string[]>(row.transports),
  deviceType: row.device_type,
  isBackedUp: toBoolean(row.backed_up),
  aaguid: row.aaguid,
  name: row.name,
  attestationType: row.attestation_type,
  userHandle: row.user_handle ?? undefined,
  createdAt: toTime(row.created_at),
  lastUsedAt: toOptionalTime(row.last_used_at),
});

const words = (passkey: Passkey) => ({
  credential_id: passkey.id,
  public_key: passkey.publicKey,
  counter: passkey.counter,
  transports: toJson(passkey.transports),
  device_type: passkey.deviceType,
  backed_up: passkey.isBackedUp,
  aaguid: passkey.aaguid,
  name: passkey.name,
  attestation_type: passkey.attestationType,
  user_handle: passkey.userHandle ?? null,
  created_at: passkey.createdAt,
  last_used_at: passkey.lastUsedAt ?? null,
});

/** At most a few of one person: sorted here, so that no index has to be for it. */
const inOrder = (rows: readonly PasskeyRow[]): readonly Passkey[] =>
  rows.map(toPasskey).toSorted((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));

export function createPasskeyStore(executor: Knex): PasskeyStore {
  const rows = () => executor<PasskeyRow>('passkeys');
  const ofUser = (tenant: TenantId, pool: PoolId, user: UserId) =>
    rows().where({ tenant_id: tenant, pool_id: pool, user_id: user });
  const keyOf = (tenant: TenantId, pool: PoolId, id: string) => ({
    tenant_id: tenant,
    pool_id: pool,
    credential_key: passkeyKey(id),
  });

  return {
    listOf: async (tenant, pool, user) => inOrder(await ofUser(tenant, pool, user)),

    listHeld: async (tenant, pool, user) => inOrder(await ofUser(tenant, pool, user).forUpdate()),

    async find(tenant, pool, key) {
      const row = await rows().where({ tenant_id: tenant, pool_id: pool, credential_key: key }).first();
      return row === undefined ? undefined : toPasskey(row);
    },

    async insert(tenant, pool, passkey) {
      const row = { ...keyOf(tenant, pool, passkey.id), user_id: passkey.userId, ...words(passkey) };
      await insertUnlessTaken(rows().insert(row), 'A passkey with this id');
    },

    async replace(tenant, pool, passkey) {
      await rows()
        .where({ ...keyOf(tenant, pool, passkey.id), user_id: passkey.userId })
        .update(words(passkey));
    },

    async use(tenant, pool, id, { counter, isBackedUp, userHandle, at, answer }) {
      const used = await rows()
        .where(keyOf(tenant, pool, id))
        // Zero is what authenticators say that do not count.
        .where((behind) => void (counter === 0 ? behind.where({ counter: 0 }) : behind.where('counter', '<', counter)))
        .update({
          counter,
          backed_up: isBackedUp,
          user_handle: userHandle ?? null,
          last_used_at: at,
          last_answer: answer,
        });
      if (used > 0) return 'noted';
      // Sent twice at once, it is an answer that was used, and no copy of its authenticator.
      const row = await rows()
        .where(keyOf(tenant, pool, id))
        .first('last_answer');
      return row?.last_answer === answer ? 'seen' : 'behind';
    },

    rename: async (tenant, pool, user, id, name) =>
      (await rows()
        .where({ ...keyOf(tenant, pool, id), user_id: user })
        .update({ name })) > 0,

    remove: async (tenant, pool, user, id) =>
      (await rows()
        .where({ ...keyOf(tenant, pool, id), user_id: user })
        .delete()) > 0,
  };
}
