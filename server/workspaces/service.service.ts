/** Making, changing and removing services: what their scopes release depends on them, so the workspace's revision grows. */
import { lossesOfScopes, refuseLosses } from '../clients/client-losses.ts';
import type { ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { checkGivenId, newId, serviceId, type ServiceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { givenName } from '../kernel/given-name.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ScopeStore, StoredScope } from './scope.ts';
import { mostServices, type Service, type ServiceStore } from './service.ts';
import type { WorkspaceStore } from './workspace.ts';

export interface ServiceServiceStores {
  readonly workspaces: Pick<WorkspaceStore, 'touch'>;
  readonly services: Pick<ServiceStore, 'list' | 'findHeld' | 'insert' | 'update' | 'remove'>;
  readonly scopes: Pick<ScopeStore, 'listOwn' | 'remove'>;
  readonly clients: Pick<ClientStore, 'listRegistered'>;
  readonly outbox: Outbox;
}

export type ServiceWords = Pick<Service, 'name' | 'description' | 'customAudience'>;

export interface ServicePlace {
  readonly tenantId: TenantId;
  readonly id: ServiceId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Service, scopes: readonly StoredScope[]) => void;
}

export interface ServiceService {
  /** @param id random where it is empty. @throws PlatformError `unprocessable_entity`, `conflict`, `not_found` */
  create(tenant: TenantId, workspace: WorkspaceId, id: string, words: ServiceWords): Promise<Service>;
  /** @throws PlatformError `not_found` */
  update(place: ServicePlace, words: ServiceWords): Promise<Service>;
  /**
   * Removes it with its scopes.
   * @param force takes these from clients that are registered with them, too: they stay registered, and are not granted them
   * @throws PlatformError `not_found`, `bad_request` for a system service, `unprocessable_entity` where clients are
   *   registered with one of its scopes, who are named then
   */
  remove(place: ServicePlace & { readonly force?: boolean }): Promise<Service>;
}

export function createServiceService(deps: {
  readonly unitOfWork: UnitOfWork<ServiceServiceStores>;
  readonly clock: Clock;
}): ServiceService {
  const { unitOfWork, clock } = deps;

  const change = async (
    stores: ServiceServiceStores,
    { tenantId, workspaceId, id, name }: Service,
    action: 'created' | 'updated' | 'deleted',
  ): Promise<void> => {
    await stores.workspaces.touch(tenantId, workspaceId);
    const payload = { [`service_${action}`]: { id, name } };
    await stores.outbox.append({ tenantId, workspaceId, subject: 'service', action, metadata: {}, payload });
  };

  const found = async ({ services, scopes }: ServiceServiceStores, { tenantId, id, check }: ServicePlace) => {
    const service = await services.findHeld(tenantId, id);
    if (service === undefined) throw new PlatformError('not_found', 'There is no such service.');
    const all = await scopes.listOwn(tenantId, service.workspaceId);
    const own = all.filter((scope) => scope.service?.id === id);
    check?.(service, own);
    return { service, own };
  };

  return {
    create(tenantId, workspaceId, wanted, words) {
      const id = serviceId(wanted === '' ? newId() : wanted);
      return unitOfWork.run(async (stores) => {
        checkGivenId(id);
        const updatedAt = clock.now();
        const name = givenName(words.name, undefined, id);
        const service: Service = {
          tenantId,
          workspaceId,
          id,
          ...words,
          name,
          type: 'user',
          isSystem: false,
          updatedAt,
        };
        await change(stores, service, 'created');
        const all = await stores.services.list(tenantId, workspaceId, { limit: mostServices, order: 'asc' });
        if (all.items.length >= mostServices)
          throw unprocessable('', `A workspace has at most ${String(mostServices)} services.`);
        await stores.services.insert(service);
        return service;
      });
    },

    update: (place, words) =>
      unitOfWork.run(async (stores) => {
        const { service: stored } = await found(stores, place);
        const name = givenName(words.name, stored, stored.id);
        const service: Service = { ...stored, ...words, name, updatedAt: clock.now() };
        await stores.services.update(service);
        await change(stores, service, 'updated');
        return service;
      }),

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const { service, own } = await found(stores, place);
        const { tenantId, workspaceId, id, isSystem } = service;
        if (isSystem) throw new PlatformError('bad_request', 'A system service cannot be deleted.');
        await change(stores, service, 'deleted');
        const losses = place.force === true ? undefined : lossesOfScopes(own);
        if (losses !== undefined) await refuseLosses(stores.clients, service, losses);
        for (const { name } of own) await stores.scopes.remove(tenantId, workspaceId, name);
        await stores.services.remove(tenantId, id);
        return service;
      }),
  };
}
