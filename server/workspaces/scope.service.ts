/** Changing the scopes of a workspace: its protocol engine is built from them, so its revision grows with each change. */
import { lossesOfScopes, refuseLosses } from '../clients/client-losses.ts';
import type { ClientStore } from '../clients/client.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { checkGivenId, newId, scopeId, type ScopeId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import {
  isStandardScope,
  mostScopes,
  type Scope,
  type ScopeStore,
  type StoredScope,
  type WrittenScope,
} from './scope.ts';
import type { ServiceStore } from './service.ts';
import type { WorkspaceStore } from './workspace.ts';

export interface ScopeServiceStores {
  readonly workspaces: Pick<WorkspaceStore, 'touch'>;
  readonly scopes: Pick<ScopeStore, 'listOwn' | 'find' | 'findHeld' | 'insert' | 'update' | 'remove'>;
  readonly services: Pick<ServiceStore, 'find'>;
  readonly clients: Pick<ClientStore, 'listRegistered'>;
  readonly outbox: Outbox;
}

/** A scope that is there. */
export interface ScopePlace {
  readonly tenantId: TenantId;
  readonly id: ScopeId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: StoredScope) => void;
}

/** What an administrator may say of it again. */
export type ScopeWords = Pick<StoredScope, 'name' | 'displayName' | 'description' | 'implicitGrant' | 'metadata'> & {
  readonly transient: boolean;
};

/** What it is about follows from its name. */
export type NewScope = Omit<WrittenScope, 'kind'>;

export interface ScopeService {
  /** @throws PlatformError `unprocessable_entity` for a name or a service that it cannot have, `conflict`, `not_found` */
  create(scope: NewScope): Promise<StoredScope>;
  /** It keeps its name and its service. @throws PlatformError `not_found`, `unprocessable_entity` for another name */
  update(place: ScopePlace, words: ScopeWords): Promise<StoredScope>;
  /**
   * @param force takes it from clients that are registered with it, too: they stay registered, and are not granted it
   * @throws PlatformError `not_found`, `unprocessable_entity` where clients are registered with it, who are named then
   */
  remove(place: ScopePlace & { readonly force?: boolean }): Promise<StoredScope>;
}

/** scope-token of RFC 6749 §3.3: printable ASCII but for the space, the double quote and the backslash. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

/** @throws PlatformError `unprocessable_entity` */
export function checkScopeName(name: string): void {
  if (!scopeToken.test(name))
    throw unprocessable('/name', 'A scope name is 1 to 128 printable ASCII characters without space, " and \\.');
}

/** What a scope of this name is about. */
export function kindOf(name: string): Scope['kind'] {
  return isStandardScope(name) ? 'oidc' : 'api';
}

export function createScopeService(deps: { readonly unitOfWork: UnitOfWork<ScopeServiceStores> }): ScopeService {
  const { unitOfWork } = deps;

  const tell = (
    { outbox }: ScopeServiceStores,
    { tenantId, workspaceId, name }: Pick<Scope, 'tenantId' | 'workspaceId' | 'name'>,
    action: 'created' | 'updated' | 'deleted',
  ) => {
    const payload = { [`scopes_${action}`]: { name } };
    return outbox.append({ tenantId, workspaceId, subject: 'scopes', action, metadata: {}, payload });
  };

  const found = async ({ scopes }: ScopeServiceStores, { tenantId, id, check }: ScopePlace): Promise<StoredScope> => {
    const scope = await scopes.findHeld(tenantId, id);
    if (scope === undefined) throw new PlatformError('not_found', 'There is no such scope.');
    check?.(scope);
    return scope;
  };

  /** As it is stored now. */
  const written = async ({ scopes }: ScopeServiceStores, tenant: TenantId, workspace: WorkspaceId, name: string) => {
    const scope = await scopes.find(tenant, workspace, name);
    if (scope === undefined) throw new PlatformError('internal', 'What was written is not there.');
    return scope;
  };

  return {
    async create(scope) {
      const { tenantId, workspaceId, id = scopeId(newId()), name, serviceId: service } = scope;
      checkScopeName(name);
      checkGivenId(id);
      return unitOfWork.run(async (stores) => {
        await stores.workspaces.touch(tenantId, workspaceId);
        if ((await stores.scopes.listOwn(tenantId, workspaceId)).length >= mostScopes)
          throw unprocessable('', `A workspace has at most ${String(mostScopes)} scopes.`);
        if (service !== undefined && (await stores.services.find(tenantId, service))?.workspaceId !== workspaceId)
          throw unprocessable('/service_id', 'There is no such service in this workspace.');
        await stores.scopes.insert({ ...scope, id, kind: kindOf(name) });
        await tell(stores, scope, 'created');
        return written(stores, tenantId, workspaceId, name);
      });
    },

    update: (place, words) =>
      unitOfWork.run(async (stores) => {
        const stored = await found(stores, place);
        const { tenantId, workspaceId, name, service } = stored;
        if (words.name !== name)
          throw unprocessable('/name', `Applications ask for it as ${name}: make another scope for another name.`);
        await stores.workspaces.touch(tenantId, workspaceId);
        await stores.scopes.update({ ...stored, ...words, serviceId: service?.id });
        await tell(stores, stored, 'updated');
        return written(stores, tenantId, workspaceId, name);
      }),

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const stored = await found(stores, place);
        const { tenantId, workspaceId, name } = stored;
        await stores.workspaces.touch(tenantId, workspaceId);
        const losses = place.force === true ? undefined : lossesOfScopes([stored]);
        if (losses !== undefined) await refuseLosses(stores.clients, stored, losses);
        await stores.scopes.remove(tenantId, workspaceId, name);
        await tell(stores, stored, 'deleted');
        return stored;
      }),
  };
}
