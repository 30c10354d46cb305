/** Clients of integrators' pages that stayed, with their secrets, when the workspace of the page was removed. */
import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';

/** What a page's client may do, and the kind of page, when this was written. */
const scopes = ['manage_post_authn', 'manage_logins', 'manage_scope_grants'];

interface ClientRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly metadata: string;
  readonly created_at: number | string;
}

const system = 'system';
/** Between a client and the event of its login page, which does not name it; both are of one transaction. */
const apartMs = 2000;

export async function up(knex: Knex): Promise<void> {
  const machines: readonly ClientRow[] = await knex('clients')
    .where({ workspace_id: system, trusted: true })
    .andWhere((some) => {
      for (const scope of scopes) void some.orWhere('metadata', 'like', `%"scope":"${scope}"%`);
    })
    .select('tenant_id', 'id', 'metadata', 'created_at');
  for (const client of machines) {
    if (!isMadeForPage(client) || (await hasPage(knex, client)) || !(await hadPage(knex, client))) continue;
    const { tenant_id, id } = client;
    await knex('oidc_artifacts').where({ tenant_id, workspace_id: system, client_id: id }).delete();
    await knex('role_grants').where({ tenant_id, subject_type: 'client', subject_place: '', subject_id: id }).delete();
    await knex('clients').where({ tenant_id, workspace_id: system, id }).delete();
  }
}

/** Registered with what the platform registers for a page, and nothing that somebody added. */
function isMadeForPage({ metadata }: ClientRow): boolean {
  const read: unknown = JSON.parse(metadata);
  const members = new Map<string, unknown>(Object.entries(read ?? {}));
  const names = ['client_name', 'grant_types', 'response_types', 'scope', 'token_endpoint_auth_method'];
  return (
    isDeepStrictEqual([...members.keys()].toSorted(), names) &&
    isDeepStrictEqual(members.get('grant_types'), ['client_credentials']) &&
    scopes.some((scope) => scope === members.get('scope'))
  );
}

async function hasPage(knex: Knex, { tenant_id, id }: ClientRow): Promise<boolean> {
  for (const table of ['custom_apps', 'idps', 'server_consents'])
    if ((await knex(table).where({ tenant_id, client_id: id }).first('client_id')) !== undefined) return true;
  return false;
}

/** Whether an event tells of the page in a workspace that is gone. Where none does, an administrator may have made it. */
async function hadPage(knex: Knex, { tenant_id, id, metadata, created_at }: ClientRow): Promise<boolean> {
  const there: readonly string[] = await knex('workspaces').where({ tenant_id }).pluck('id');
  const told = knex('audit_events')
    .where({ tenant_id, subject: 'server', action: 'updated' })
    .whereNotNull('workspace_id')
    .whereNotIn('workspace_id', [...there]);
  const at = Number(created_at);
  if (metadata.includes('"scope":"manage_logins"'))
    void told
      .whereBetween('at', [at - apartMs, at + apartMs])
      .where('payload', 'like', '%"method":"custom"%')
      .where('payload', 'like', '%"what":"created"%');
  else void told.where('metadata', 'like', `%"client_id":"${id}"%`);
  return (await told.first('id')) !== undefined;
}

/** Nobody could use them for anything. */
export async function down(): Promise<void> {
  await Promise.resolve();
}
