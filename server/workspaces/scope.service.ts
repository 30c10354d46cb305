/** Changing the scopes of a workspace: its protocol engine is built from them, so its revision grows with each change. */
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Scope, ScopeStore } from './scope.ts';
import type { WorkspaceStore } from './workspace.ts';

export interface ScopeServiceStores {
  readonly workspaces: Pick<WorkspaceStore, 'touch'>;
  readonly scopes: Pick<ScopeStore, 'insert' | 'update' | 'remove'>;
  readonly outbox: Outbox;
}

export interface ScopeService {
  /** @throws PlatformError `unprocessable_entity` for a name that no scope can have, `conflict`, `not_found` */
  create(scope: Scope): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(scope: Scope): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId, name: string): Promise<void>;
}

/** scope-token of RFC 6749 §3.3: printable ASCII but for the space, the double quote and the backslash. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

/** @throws PlatformError `unprocessable_entity` */
export function checkScopeName(name: string): void {
  if (scopeToken.test(name)) return;
  const message = 'A scope name is 1 to 128 printable ASCII characters without space, " and \\.';
  throw new PlatformError('unprocessable_entity', message, { details: [{ pointer: '/name', message }] });
}

export function createScopeService(deps: { readonly unitOfWork: UnitOfWork<ScopeServiceStores> }): ScopeService {
  const change = (
    place: Pick<Scope, 'tenantId' | 'workspaceId' | 'name'>,
    action: 'created' | 'updated' | 'deleted',
    write: (scopes: ScopeServiceStores['scopes']) => Promise<void>,
  ): Promise<void> =>
    deps.unitOfWork.run(async (stores) => {
      const { tenantId, workspaceId, name } = place;
      await stores.workspaces.touch(tenantId, workspaceId);
      await write(stores.scopes);
      const payload = { [`scopes_${action}`]: { name } };
      await stores.outbox.append({ tenantId, workspaceId, subject: 'scopes', action, metadata: {}, payload });
    });

  return {
    async create(scope) {
      checkScopeName(scope.name);
      await change(scope, 'created', (scopes) => scopes.insert(scope));
    },
    update: (scope) => change(scope, 'updated', (scopes) => scopes.update(scope)),
    remove: (tenantId, workspaceId, name) =>
      change({ tenantId, workspaceId, name }, 'deleted', (scopes) => scopes.remove(tenantId, workspaceId, name)),
  };
}
