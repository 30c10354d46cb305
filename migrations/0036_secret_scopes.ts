/** The scopes of secrets in the System API, for the workspaces that were made before there were any: new ones begin with them. */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

/** As the first build had them that gave them to new workspaces. */
const scopes = [
  {
    name: 'manage_secrets',
    display_name: 'Manage secrets of scripts',
    description: 'Manage secrets of scripts through the management APIs.',
  },
  {
    name: 'read_secrets',
    display_name: 'List secrets of scripts',
    description: 'List secrets of scripts through the management APIs.',
  },
] as const;

interface Place {
  readonly tenant_id: string;
  readonly id: string;
}

const pageSize = 200;

/** Tells those that were added here from any that somebody made: `down` takes back these alone. */
function idOf({ tenant_id, id }: Place, name: string): string {
  return createHash('sha256').update(`0036\n${tenant_id}\n${id}\n${name}`).digest('hex').slice(0, 32);
}

/** Every workspace that has the scopes of the management APIs, a page at a time. */
async function* workspaces(knex: Knex): AsyncGenerator<Place> {
  let last: Place | undefined;
  for (;;) {
    const after = last;
    const page: readonly Place[] = await knex('workspaces')
      .whereIn('type', ['system', 'admin'])
      .modify((query) => {
        if (after === undefined) return;
        void query.where((rest) => {
          void rest
            .where('tenant_id', '>', after.tenant_id)
            .orWhere((same) => void same.where({ tenant_id: after.tenant_id }).andWhere('id', '>', after.id));
        });
      })
      .orderBy(['tenant_id', 'id'])
      .limit(pageSize)
      .select('tenant_id', 'id');
    yield* page;
    last = page.at(-1);
    if (page.length < pageSize) return;
  }
}

export async function up(knex: Knex): Promise<void> {
  for await (const place of workspaces(knex)) {
    const { tenant_id, id } = place;
    const of = { tenant_id, workspace_id: id };
    const names = scopes.map(({ name }) => name);
    const there: readonly string[] = await knex('scopes').where(of).whereIn('name', names).pluck('name');
    const missing = scopes.filter(({ name }) => !there.includes(name));
    if (missing.length === 0) continue;
    const more = { implicit_grant: false, kind: 'api', transient: false, metadata: null, service_id: null };
    const rows = missing.map((scope) => ({ ...of, id: idOf(place, scope.name), ...scope, ...more }));
    // A server of the version before may be making the same workspace's scopes: what is there stays as it is.
    await knex('scopes').insert(rows).onConflict(['tenant_id', 'workspace_id', 'name']).ignore();
    // Its engine is built from its scopes.
    await knex('workspaces').where({ tenant_id, id }).increment('revision', 1);
  }
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('scopes')) || !(await knex.schema.hasColumn('scopes', 'id'))) return;
  for await (const place of workspaces(knex)) {
    const { tenant_id, id } = place;
    const ids = scopes.map(({ name }) => idOf(place, name));
    const removed = await knex('scopes').where({ tenant_id, workspace_id: id }).whereIn('id', ids).delete();
    if (removed > 0) await knex('workspaces').where({ tenant_id, id }).increment('revision', 1);
  }
}
