/** Where scripts run, in an exported configuration. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { executionPoints as points } from '../../scripts-runtime/index.ts';
import { section, type Fault, type ImportContext, type Need, type Section } from '../configuration/section.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { scriptId, workspaceId, type TenantId } from '../kernel/ids.ts';
import {
  checkBinding,
  misfitAmong,
  nothingPublished,
  type ExecutionPointServiceStores,
} from './execution-point.service.ts';
import { mostBindings, type Binding } from './execution-point.ts';
import type { ScriptSources } from './script-sources.ts';
import { misfitAt, runningVersions, type Script } from './script.ts';

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

const scriptItem = z.object({ body: z.string().default('') });
/** What a script that is brought publishes; empty where it leaves alone what runs. */
const sourceIn = (given: unknown): string => (given === undefined ? '' : scriptItem.parse(given).body);
const withoutLive = ({ live: _, ...script }: Script): Script => script;

export function executionPointSection({
  sources,
}: {
  readonly sources: Pick<ScriptSources, 'read'>;
}): Section<ExecutionPointSectionStores> {
  /** The script as it will be: as the import brings it, or as it is stored. */
  const scriptFaults = async (
    stores: ExecutionPointSectionStores,
    { tenantId: tenant, find }: ImportContext,
    { server_id: place, type, script_id: id }: BindingItem,
  ): Promise<readonly Fault[]> => {
    const pointer = '/script_id';
    const { given, stored } = await find('scripts', { authorization_server_id: place, id });
    // What is not there at all is told of as what the binding needs.
    if (given === undefined && stored === undefined) return [];
    const source = sourceIn(given);
    const script = await stores.scripts.find({
      tenantId: tenant,
      workspaceId: workspaceId(place),
      id: scriptId(id),
    });
    if (source === '' && script?.live === undefined) return [{ pointer, message: nothingPublished }];
    // What the import publishes runs in place of what is live.
    const stay = script === undefined ? [] : runningVersions(source === '' ? script : withoutLive(script));
    try {
      const misfit =
        (source === '' ? undefined : misfitAt((await sources.read(tenant, source)).compiled, type)) ??
        (script === undefined ? undefined : await misfitAmong(stores, script, stay, type));
      return misfit === undefined ? [] : [{ pointer, message: misfit }];
    } catch (error) {
      // What does not compile is a fault of the script.
      if (isPlatformError(error, 'unprocessable_entity')) return [];
      throw error;
    }
  };

  return section({
    member: 'script_execution_points',
    body,
    holds: ['place'],
    most: mostBindings,
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
    async faults(item, context, _stored, stores) {
      const { server_id: place, type, target_fk: target } = item;
      return [
        ...((type === 'allowed_idp_ids' || type === 'token_minting') && target !== place
          ? [{ pointer: '/target_fk', message: 'must be the workspace itself' }]
          : []),
        ...(await scriptFaults(stores, context, item)),
      ];
    },
    async write(stores, tenant, item) {
      const binding = toBinding(tenant, item);
      await checkBinding(stores, binding);
      await stores.executionPoints.put(binding);
    },
  });
}
