/** Where scripts run, in an exported configuration. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { executionPoints as points } from '../../scripts-runtime/index.ts';
import { section, type Need, type Section } from '../configuration/section.ts';
import { scriptId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { checkBinding, noRun, type ExecutionPointServiceStores } from './execution-point.service.ts';
import type { Binding } from './execution-point.ts';

export type ExecutionPointSectionStores = Omit<ExecutionPointServiceStores, 'outbox'>;

const body = z.object({
  server_id: z.string().min(1).max(64),
  type: z.enum(points),
  target_fk: z.string().min(1).max(64),
  script_id: z.string().min(1).max(64),
});
type BindingItem = z.infer<typeof body>;

const toItem = ({ workspaceId: place, type, target, scriptId: script }: Binding): BindingItem => ({
  server_id: place,
  type,
  target_fk: target,
  script_id: script,
});

const toBinding = (tenant: TenantId, item: BindingItem): Binding => ({
  tenantId: tenant,
  workspaceId: workspaceId(item.server_id),
  type: item.type,
  target: item.target_fk,
  scriptId: scriptId(item.script_id),
});

const sayingServer = z.object({
  id: z.string(),
  settings: z.object({ default_post_authn_ctx_script_id: z.string().min(1) }),
});

/** What a server says with its default script. An empty one says nothing here: the server takes it from where it is bound. */
function saidByServer(server: unknown): BindingItem | undefined {
  const { data } = sayingServer.safeParse(server);
  if (data === undefined) return undefined;
  const script = data.settings.default_post_authn_ctx_script_id;
  return { server_id: data.id, type: 'post_authn_ctx', target_fk: data.id, script_id: script };
}

export function executionPointSection(runsAt: readonly Binding['type'][]): Section<ExecutionPointSectionStores> {
  return section({
    member: 'script_execution_points',
    body,
    holds: ['place'],
    placeMember: 'server_id',
    saidElsewhere: {
      member: 'servers',
      pointer: '/settings/default_post_authn_ctx_script_id',
      itemOf: saidByServer,
      isSame: (one, other) => isDeepStrictEqual(one, other),
    },
    nameOf: ({ server_id: place, type, target_fk: target }) => `${place} ${type} ${target}`,
    placeOf: ({ server_id: place }) => place,
    async *list({ executionPoints }, tenant, place) {
      if (place === undefined) return;
      for (const one of await executionPoints.list(tenant, workspaceId(place))) yield toItem(one);
    },
    async find({ executionPoints }, tenant, item) {
      const found = await executionPoints.find(toBinding(tenant, item));
      return found === undefined ? undefined : toItem(found);
    },
    needs({ server_id: place, type, target_fk: target, script_id: script }) {
      const needed: Need[] = [
        { member: 'scripts', item: { authorization_server_id: place, id: script }, pointer: '/script_id' },
      ];
      const pointer = '/target_fk';
      if (type === 'client_token_minting')
        needed.push({ member: 'clients', item: { authorization_server_id: place, client_id: target }, pointer });
      if (type === 'post_authn_ctx' && target !== place)
        needed.push({ member: 'idps', item: { authorization_server_id: place, id: target }, pointer });
      return needed;
    },
    faults: ({ server_id: place, type, target_fk: target }) =>
      Promise.resolve([
        ...(runsAt.includes(type) ? [] : [{ pointer: '/type', message: noRun(type) }]),
        ...((type === 'allowed_idp_ids' || type === 'token_minting') && target !== place
          ? [{ pointer: '/target_fk', message: 'must be the workspace itself' }]
          : []),
      ]),
    async write(stores, tenant, item) {
      const binding = toBinding(tenant, item);
      await checkBinding(stores, binding, runsAt);
      await stores.executionPoints.put(binding);
    },
  });
}
