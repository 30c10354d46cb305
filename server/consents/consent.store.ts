/** Consents in rows. A consent taken back stays, as the record that it was given. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toJson, toOptionalTime, toTime, type TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { clientId, consentId, interactionId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Consent, ConsentStore } from './consent.ts';

interface ConsentRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly client_id: string;
  readonly grant_id: string;
  readonly granted_scopes: string;
  readonly denied_scopes: string;
  readonly details: string;
  readonly interaction_id: string;
  readonly granted_at: TimeColumn;
  readonly expires_at: TimeColumn | null;
  readonly revoked_at: TimeColumn | null;
}

/** A person's newest consents that a list holds. */
const listLimit = 500;

function fromRow(row: ConsentRow): Consent {
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: consentId(row.id),
    type: row.type,
    subject: row.subject,
    clientId: clientId(row.client_id),
    grantId: row.grant_id,
    grantedScopes: fromJson<readonly string[]>(row.granted_scopes),
    deniedScopes: fromJson<readonly string[]>(row.denied_scopes),
    details: fromJson<Consent['details']>(row.details),
    interactionId: interactionId(row.interaction_id),
    grantedAt: toTime(row.granted_at),
    expiresAt: toOptionalTime(row.expires_at),
    revokedAt: toOptionalTime(row.revoked_at),
  };
}

function toRow(consent: Consent): ConsentRow {
  return {
    tenant_id: consent.tenantId,
    workspace_id: consent.workspaceId,
    id: consent.id,
    type: consent.type,
    subject: consent.subject,
    client_id: consent.clientId,
    grant_id: consent.grantId,
    granted_scopes: toJson(consent.grantedScopes),
    denied_scopes: toJson(consent.deniedScopes),
    details: toJson(consent.details),
    interaction_id: consent.interactionId,
    granted_at: consent.grantedAt,
    expires_at: consent.expiresAt ?? null,
    revoked_at: consent.revokedAt ?? null,
  };
}

const newestFirst = [
  { column: 'granted_at', order: 'desc' },
  { column: 'id', order: 'desc' },
];

export function createConsentStore(executor: Knex): ConsentStore {
  const inWorkspace = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<ConsentRow>('consents').where({ tenant_id: tenant, workspace_id: workspace });

  return {
    async find(tenant, workspace, id) {
      const row = await inWorkspace(tenant, workspace).where({ id }).first();
      return row === undefined ? undefined : fromRow(row);
    },

    async findActive(tenant, workspace, subject, client, now) {
      const row = await inWorkspace(tenant, workspace)
        .where({ subject, client_id: client })
        .whereNull('revoked_at')
        .where((alive) => void alive.whereNull('expires_at').orWhere('expires_at', '>', now))
        .orderBy(newestFirst)
        .first();
      return row === undefined ? undefined : fromRow(row);
    },

    async listBySubject(tenant, workspace, subject) {
      const found = await inWorkspace(tenant, workspace).where({ subject }).orderBy(newestFirst).limit(listLimit);
      return found.map(fromRow);
    },

    async list(tenant, workspace, query) {
      const page = keysetPage(query);
      const found = await inWorkspace(tenant, workspace).modify<ConsentRow, ConsentRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(fromRow) };
    },

    async grant(tenant, workspace, id, scopes) {
      await inWorkspace(tenant, workspace)
        .where({ id })
        .update({ granted_scopes: toJson(scopes) });
    },

    async insert(consent) {
      await insertUnlessTaken(executor<ConsentRow>('consents').insert(toRow(consent)), 'A consent with this id');
    },

    async revoke(tenant, workspace, id, at) {
      const revoked = await inWorkspace(tenant, workspace)
        .where({ id })
        .whereNull('revoked_at')
        .update({ revoked_at: at });
      return revoked > 0;
    },
  };
}
