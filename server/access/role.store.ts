/** Roles in rows. */
import type { Knex } from 'knex';
import { insertUnlessTaken, type TimeColumn } from '../db/columns.ts';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import { poolId, tenantId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { poolRoles } from './pool-role.ts';
import { tenantRoles, workspaceRoles, type RoleGrant, type RoleStore, type RoleSubject } from './role.ts';

interface RoleRow {
  readonly tenant_id: string;
  /** Empty for a role in the tenant, or in a pool. */
  readonly workspace_id: string;
  /** Empty for any other. */
  readonly pool_id: string;
  readonly subject_type: RoleSubject['type'];
  /** The pool of a person, the workspace of an idp; empty for a client. */
  readonly subject_place: string;
  readonly subject_id: string;
  readonly role: string;
  readonly created_at: TimeColumn;
}

type SubjectColumns = Pick<RoleRow, 'subject_type' | 'subject_place' | 'subject_id'>;

function columnsOf(subject: RoleSubject): SubjectColumns {
  switch (subject.type) {
    case 'identity_pool_user':
      return { subject_type: subject.type, subject_place: subject.poolId, subject_id: subject.userId };
    case 'idp':
      return { subject_type: subject.type, subject_place: subject.workspaceId, subject_id: subject.idpId };
    case 'client':
      return { subject_type: subject.type, subject_place: '', subject_id: subject.clientId };
  }
}

function subjectFrom({ subject_type: type, subject_place: place, subject_id: id }: SubjectColumns): RoleSubject {
  switch (type) {
    case 'identity_pool_user':
      return { type, poolId: place, userId: id };
    case 'idp':
      return { type, workspaceId: place, idpId: id };
    case 'client':
      return { type, clientId: id };
  }
}

function fromRow(row: RoleRow): RoleGrant {
  const role = [...tenantRoles, ...workspaceRoles, ...poolRoles].find((one) => one === row.role);
  if (role === undefined) throw new PlatformError('internal', 'A stored role cannot be read.');
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: row.workspace_id === '' ? undefined : workspaceId(row.workspace_id),
    ...(row.pool_id === '' ? {} : { poolId: poolId(row.pool_id) }),
    role,
    subject: subjectFrom(row),
  };
}

const keyOf = ({ tenantId: tenant, workspaceId: workspace, poolId: pool, role, subject }: RoleGrant) => ({
  tenant_id: tenant,
  workspace_id: workspace ?? '',
  pool_id: pool ?? '',
  role,
  ...columnsOf(subject),
});

/** MySQL ignores trailing blanks when it compares; a subject is this text and no other. */
const isSame = (one: SubjectColumns, other: SubjectColumns): boolean =>
  one.subject_type === other.subject_type &&
  one.subject_place === other.subject_place &&
  one.subject_id === other.subject_id;

export function createRoleStore(executor: Knex): RoleStore {
  const rows = () => executor<RoleRow>('role_grants');
  const ofSubject = (tenant: TenantId, subject: RoleSubject) =>
    rows().where({ tenant_id: tenant, ...columnsOf(subject) });

  const listAt = async (of: Knex.QueryBuilder<RoleRow, RoleRow[]>) => {
    const query = of.orderBy(['pool_id', 'subject_type', 'subject_place', 'subject_id', 'role']);
    // Who reads in a transaction decides by what it read: nobody takes a role away meanwhile.
    const found = await (executor.isTransaction === true ? query.forUpdate() : query);
    return found.map(fromRow);
  };

  return {
    async listFor(tenant, subjects) {
      const found: RoleGrant[] = [];
      for (const subject of subjects) {
        const wanted = columnsOf(subject);
        const held = await ofSubject(tenant, subject).select();
        found.push(...held.filter((row) => isSame(row, wanted)).map(fromRow));
      }
      return found;
    },

    listIn: (tenant, workspace) =>
      listAt(rows().where({ tenant_id: tenant, workspace_id: workspace ?? '', pool_id: '' })),

    listInPool(tenant, pool) {
      const inPools = rows().where({ tenant_id: tenant, workspace_id: '' });
      return listAt(pool === undefined ? inPools.where('pool_id', '>', '') : inPools.where({ pool_id: pool }));
    },

    async insert(grant, now) {
      try {
        await insertUnlessTaken(rows().insert({ ...keyOf(grant), created_at: now }), 'This role');
      } catch (error) {
        if (!isPlatformError(error, 'conflict')) throw error;
      }
    },

    async remove(grant) {
      return (await rows().where(keyOf(grant)).delete()) > 0;
    },

    async removeSubject(tenant, subject) {
      await ofSubject(tenant, subject).delete();
    },

    async removePool(tenant, pool) {
      await rows().where({ tenant_id: tenant, workspace_id: '', pool_id: pool }).delete();
      await rows().where({ tenant_id: tenant, subject_type: 'identity_pool_user', subject_place: pool }).delete();
    },
  };
}
