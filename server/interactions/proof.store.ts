/** Proofs in rows: their content sealed, each submit kept once, each row spent once. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessThere, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, idpId, interactionId, proofId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { ProofId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { longestLoginMs } from '../workspaces/workspace.ts';
import { personFrom } from './interaction.store.ts';
import type { Proof, ProofContent, ProofStore } from './proof.ts';

interface ProofRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly interaction_id: string;
  readonly client_id: string;
  readonly idp_id: string | null;
  readonly update_name: string;
  readonly nonce: string;
  readonly sealed_content: string;
  readonly created_at: TimeColumn;
  readonly expires_at: TimeColumn;
  readonly consumed_by: string | null;
}

/**
 * How long a proof outlives its expiry, which only bounds when its Update is first sent: as long as a login may live
 * (`login_lifetime`), because a reload sends the Updates again from these rows. Milliseconds.
 */
export const proofAfterlifeMs = longestLoginMs + 86_400_000;

export interface SweepableProofStore extends ProofStore {
  /** Removes up to `limit` proofs that no login can ask for any more. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

function contentContext(row: Pick<ProofRow, 'tenant_id' | 'workspace_id' | 'id'>): string {
  return `proofs.content:${row.tenant_id}:${row.workspace_id}:${row.id}`;
}

/** As rows hold it: a process of the release before knows a password by its version alone. */
type StoredContent = ProofContent & { readonly credentialVersion?: number };

/** Members that are undefined are missing in JSON; here they are back. */
function contentFrom({ credentialVersion: version, ...stored }: StoredContent): ProofContent {
  if (stored.kind !== 'authenticated') return stored;
  const before = version === undefined ? undefined : ({ mechanism: 'password', mark: String(version) } as const);
  return { ...stored, person: personFrom(stored.person), credential: stored.credential ?? before };
}

function contentTo(content: ProofContent): StoredContent {
  if (content.kind !== 'authenticated' || content.credential?.mechanism !== 'password') return content;
  return { ...content, credentialVersion: Number(content.credential.mark) };
}

export function createProofStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): SweepableProofStore {
  const rows = () => executor<ProofRow>('proofs');
  const one = (tenant: TenantId, workspace: WorkspaceId, id: ProofId) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace, id });

  const fromRow = (row: ProofRow): Proof => ({
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: proofId(row.id),
    interactionId: interactionId(row.interaction_id),
    clientId: clientId(row.client_id),
    idpId: row.idp_id === null ? undefined : idpId(row.idp_id),
    update: row.update_name,
    nonce: row.nonce,
    content: contentFrom(fromJson<StoredContent>(sealer.open(row.sealed_content, contentContext(row)))),
    createdAt: toTime(row.created_at),
    expiresAt: toTime(row.expires_at),
    consumedBy: row.consumed_by ?? undefined,
  });

  const toRow = (proof: Proof): ProofRow => {
    const key = { tenant_id: proof.tenantId, workspace_id: proof.workspaceId, id: proof.id };
    return {
      ...key,
      interaction_id: proof.interactionId,
      client_id: proof.clientId,
      idp_id: proof.idpId ?? null,
      update_name: proof.update,
      nonce: proof.nonce,
      sealed_content: sealer.seal(toJson(contentTo(proof.content)), contentContext(key)),
      created_at: proof.createdAt,
      expires_at: proof.expiresAt,
      consumed_by: proof.consumedBy ?? null,
    };
  };

  return {
    async insertOnce(proof) {
      const row = toRow(proof);
      const { tenant_id, workspace_id, interaction_id, update_name, nonce } = row;
      const submit = { tenant_id, workspace_id, interaction_id, update_name, nonce };
      if (await insertUnlessThere(rows().insert(row))) return proof;
      const kept = await rows().where(submit).first();
      if (kept === undefined) throw new PlatformError('internal', 'A proof could not be kept.');
      return fromRow(kept);
    },

    async find(tenant, workspace, id) {
      const row = await one(tenant, workspace, id).first();
      return row === undefined ? undefined : fromRow(row);
    },

    async listOf(tenant, workspace, interaction) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace, interaction_id: interaction })
        .orderBy([{ column: 'created_at' }, { column: 'id' }]);
      return found.map(fromRow);
    },

    async consume(tenant, workspace, id, by) {
      await one(tenant, workspace, id)
        .where((spendable) => void spendable.whereNull('consumed_by').orWhere('consumed_by', by))
        .update({ consumed_by: by });
      // Who spent it is read back: how many rows an UPDATE counts that changes none is the server's matter.
      const row = await one(tenant, workspace, id).forUpdate().first();
      return row?.consumed_by === by ? fromRow(row) : undefined;
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(
        executor,
        { table: 'proofs', key: ['tenant_id', 'workspace_id', 'id'], column: 'expires_at' },
        now - proofAfterlifeMs,
        limit,
      ),
  };
}
