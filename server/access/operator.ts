/** Who may look into the histories of logins, and into whose. */
import type { TenantId } from '../kernel/ids.ts';
import { rootTenantId } from '../tenants/tenant.ts';

/** The scope that makes a client, or the bearer of its token, an operator. */
export const operatorScope = 'read_login_history';

export interface Operator {
  /** The operator's own tenant. */
  readonly tenantId: TenantId;
  /** True for operators of the root tenant. No tenant's id can stand for "all", so none can be named that way. */
  readonly allTenants: boolean;
  /** The client by which the operator signed in; what the audit trail names. */
  readonly name: string;
}

/** A client, or a token of one, that was verified. */
export interface OperatorCandidate {
  readonly tenantId: TenantId;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** Undefined for everyone without the scope. */
export function operatorOf(candidate: OperatorCandidate | undefined): Operator | undefined {
  if (!candidate?.scopes.includes(operatorScope)) return undefined;
  return { tenantId: candidate.tenantId, allTenants: candidate.tenantId === rootTenantId, name: candidate.clientId };
}

/** Whether this operator may read what belongs to that tenant. */
export function mayRead(operator: Operator, tenantId: string): boolean {
  return operator.allTenants || operator.tenantId === tenantId;
}
