/** Workspaces that pools name and that are gone, or never were: whoever makes one under the same id has no say over their people. */
import type { Knex } from 'knex';

interface PoolRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly workspace_id: string | null;
  readonly settings: string;
}

const atOnce = 200;

export async function up(knex: Knex): Promise<void> {
  let last: PoolRow | undefined;
  do {
    const after = last;
    const rows: readonly PoolRow[] = await knex('pools')
      .where((naming) =>
        naming.whereNotNull('workspace_id').orWhere('settings', 'like', '%"script_metadata_workspaces"%'),
      )
      .modify((wanted) => {
        if (after === undefined) return;
        void wanted.andWhere((beyond) =>
          beyond
            .where('tenant_id', '>', after.tenant_id)
            .orWhere((within) => within.where('tenant_id', after.tenant_id).andWhere('id', '>', after.id)),
        );
      })
      .orderBy(['tenant_id', 'id'])
      .limit(atOnce)
      .select('tenant_id', 'id', 'workspace_id', 'settings');
    for (const row of rows) await leaveOut(knex, row);
    last = rows.length < atOnce ? undefined : rows.at(-1);
  } while (last !== undefined);
}

async function leaveOut(knex: Knex, { tenant_id, id, workspace_id, settings: text }: PoolRow): Promise<void> {
  const settings: unknown = JSON.parse(text);
  const named = namedIn(settings);
  const asked = [...named, ...(workspace_id === null ? [] : [workspace_id])];
  if (asked.length === 0) return;
  const found: readonly { id: string }[] = await knex('workspaces')
    .where({ tenant_id })
    .whereIn('id', asked)
    .select('id');
  const isThere = (name: string): boolean => found.some((one) => one.id === name);
  if (asked.every(isThere)) return;
  await knex('pools')
    .where({ tenant_id, id })
    .update({
      workspace_id: workspace_id !== null && isThere(workspace_id) ? workspace_id : null,
      ...(named.every(isThere)
        ? {}
        : {
            settings: JSON.stringify(
              Object.assign({}, settings, { script_metadata_workspaces: named.filter(isThere) }),
            ),
          }),
    });
}

function namedIn(settings: unknown): readonly string[] {
  if (typeof settings !== 'object' || settings === null || !('script_metadata_workspaces' in settings)) return [];
  const { script_metadata_workspaces: named } = settings;
  return Array.isArray(named) ? named.filter((name) => typeof name === 'string') : [];
}

/** Nobody is given back a say over people. */
export async function down(): Promise<void> {
  await Promise.resolve();
}
