/** What a script adds to the metadata of its person (`api.user.setMetadata`): held to their schema, and written with the end of the run. */
import { isPlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { schemaId } from '../kernel/ids.ts';
import type { IdpStore } from '../idps/idp.ts';
import { letsScriptsOf, type PoolStore } from '../pools/pool.ts';
import type { SchemaCheck } from '../schemas/schema-check.ts';
import type { SchemaStore } from '../schemas/schema.ts';
import { tellOfPerson } from '../users/person-change.ts';
import type { User, UserStore } from '../users/user.ts';
import type { Interaction } from './interaction.ts';

export interface ScriptMetadataStores {
  readonly idps: Pick<IdpStore, 'find'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly users: Pick<UserStore, 'findHeld' | 'update'>;
  readonly schemas: Pick<SchemaStore, 'find'>;
  readonly outbox: Outbox;
}

/**
 * Writes it in the transaction that keeps the run, or nothing at all.
 * @param given members to put in the place of those of their name; null takes one away
 * @returns why it cannot be, in words for the integrator that hold nothing of the person
 */
export type WriteScriptMetadata = (
  stores: ScriptMetadataStores,
  interaction: Interaction,
  given: User['metadata'],
  now: number,
) => Promise<string | undefined>;

/** As JSON. */
const mostCharacters = 16_384;

export function createScriptMetadata({ schemaCheck }: { readonly schemaCheck: SchemaCheck }): WriteScriptMetadata {
  return async (stores, { tenantId, workspaceId, person }, given, now) => {
    const idp = person && (await stores.idps.find(tenantId, workspaceId, person.idpId));
    const nobody = 'api.user.setMetadata: the person has no account in a pool';
    if (person?.userId === undefined || idp?.method !== 'identity_pool') return nobody;
    // Held: somebody else may be writing the row, which is written as a whole.
    const user = await stores.users.findHeld(tenantId, idp.poolId, person.userId);
    const pool = await stores.pools.find(tenantId, idp.poolId);
    if (user === undefined || pool === undefined) return nobody;
    if (!letsScriptsOf(workspaceId, pool))
      return `api.user.setMetadata: the pool ${pool.id} belongs to others, and its script_metadata_workspaces do not name this workspace`;
    const merged = [...Object.entries(user.metadata), ...Object.entries(given)];
    const metadata = Object.fromEntries([...new Map(merged)].filter(([, value]) => value !== null));
    if (JSON.stringify(metadata).length > mostCharacters)
      return `api.user.setMetadata: metadata has at most ${String(mostCharacters)} characters as JSON`;
    const schema = await stores.schemas.find(
      tenantId,
      user.schemas.metadata ?? schemaId(pool.settings.metadata_schema_id),
    );
    if (schema === undefined) return 'api.user.setMetadata: the pool has no schema of metadata';
    try {
      schemaCheck.check(schema, metadata, '/metadata');
    } catch (error) {
      if (!isPlatformError(error, 'unprocessable_entity')) throw error;
      return `api.user.setMetadata: ${error.message}`;
    }
    await stores.users.update({ ...user, metadata, updatedAt: now });
    const at = { tenantId, poolId: idp.poolId, id: person.userId };
    await tellOfPerson(stores, at, 'updated', { status: user.status });
    return undefined;
  };
}
