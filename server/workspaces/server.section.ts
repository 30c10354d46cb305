/** Workspaces in an exported configuration, with their signing keys; there they are called servers. */
import { importJWK } from 'jose';
import { z } from 'zod';
import type { ClientStore } from '../clients/client.ts';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Fault, type MapSecret, type Section } from '../configuration/section.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import { defaultPlace, type ExecutionPointStore } from '../extensions/execution-point.ts';
import type { Clock } from '../kernel/clock.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';
import { checkId, firstScopesOf } from './new-workspace.service.ts';
import type { ScopeStore } from './scope.ts';
import { givenLists, serverBody, serverChangeBody, withNewNames } from './server.body.ts';
import { unservedServerMembers, withoutUnserved } from './server-unserved.body.ts';
import { keysBody, toKeysBody, keysFrom, type KeysBody } from './key-dump.ts';
import { algOf, generateSigningKey, retiredAt } from './signing-key.service.ts';
import type { SigningKeyStore } from './signing-key.ts';
import { refuseWhatClientsLose } from './workspace.service.ts';
import { workspaceSettingsSchema, type Workspace, type WorkspaceSettings, type WorkspaceStore } from './workspace.ts';

export interface ServerSectionStores {
  readonly workspaces: Pick<WorkspaceStore, 'find' | 'insert' | 'update'>;
  readonly signingKeys: Pick<SigningKeyStore, 'list' | 'replaceAll'>;
  readonly scopes: Pick<ScopeStore, 'list' | 'listOwn' | 'insert'>;
  readonly clients: Pick<ClientStore, 'listRegistered'>;
  readonly executionPoints: Pick<ExecutionPointStore, 'find' | 'remove'>;
}

export interface ServerSectionDeps {
  readonly clock: Clock;
  readonly extensions: Pick<ExtensionRegistry, 'configFaults' | 'scopesFor'>;
}

const members = serverBody.omit({ tenant_id: true }).extend({
  ...unservedServerMembers,
  ...givenLists,
  /** A script that it names is written where scripts are bound, with all that is bound there. */
  settings: serverChangeBody.shape.settings,
  name: z.string().trim().max(255).default(''),
  type: serverBody.shape.type.default('regular'),
  jwks: keysBody.optional(),
  /** A new workspace gets the scopes that it would begin with, beside those that come with it. */
  initialize: z.boolean().optional(),
});
const defaults = workspaceSettingsSchema.parse({});
const body = members.transform((item) => {
  const {
    response_types = defaults.response_types,
    token_endpoint_auth_methods = defaults.token_endpoint_auth_methods,
    token_endpoint_auth_signing_alg_values = defaults.token_endpoint_auth_signing_alg_values,
    scope_claim_formats = defaults.scope_claim_formats,
    ...rest
  } = withNewNames(withoutUnserved(item));
  const lists = { response_types, token_endpoint_auth_methods, token_endpoint_auth_signing_alg_values };
  return { ...rest, ...lists, scope_claim_formats };
});
type ServerItem = z.infer<typeof body>;

const settingsOf = (item: ServerItem): WorkspaceSettings => workspaceSettingsSchema.parse(item);

function toItem({ id, name, type, settings }: Workspace, jwks: KeysBody, defaultScript: string): ServerItem {
  const said = { default_post_authn_ctx_script_id: defaultScript };
  return body.parse({ id, name, type, settings: said, ...settings, jwks });
}

export function serverSection({ clock, extensions }: ServerSectionDeps): Section<ServerSectionStores> {
  const read = async (stores: ServerSectionStores, tenant: TenantId, id: WorkspaceId) => {
    const workspace = await stores.workspaces.find(tenant, id);
    if (workspace === undefined) return undefined;
    const bound = await stores.executionPoints.find(defaultPlace({ tenantId: tenant, workspaceId: id }));
    return toItem(workspace, toKeysBody(await stores.signingKeys.list(tenant, id)), bound?.scriptId ?? '');
  };
  return section({
    member: 'servers',
    body,
    holds: ['place'],
    placeMember: 'id',
    nameOf: ({ id }) => id,
    placeOf: ({ id }) => workspaceId(id),
    async *list(stores, tenant, id) {
      const item = id === undefined ? undefined : await read(stores, tenant, workspaceId(id));
      if (item !== undefined) yield item;
    },
    find: (stores, tenant, { id }) => read(stores, tenant, workspaceId(id)),
    settingsOf: (item) => (item === undefined ? undefined : settingsOf(item)),
    async faults(item) {
      const plugins = extensions.configFaults(item.plugins);
      return [
        ...faultsFrom(() => {
          checkId(item.id, item.type);
        }),
        ...(isReservedWorkspace(item.id) && item.type !== item.id
          ? [{ pointer: '/type', message: `is ${item.id} for this workspace` }]
          : []),
        ...plugins.map(({ pointer, message }) => ({ pointer, message })),
        ...(item.jwks === undefined ? [] : await keyFaults(item.jwks, item)),
      ];
    },
    async refuseLosses(stores, tenantId, item, stored, replaces) {
      const before = { tenantId, id: workspaceId(item.id), settings: settingsOf(stored) };
      const comes = (id: string) => replaces('clients', id);
      await refuseWhatClientsLose(stores, before, settingsOf(item), extensions, comes);
    },
    async complete({ initialize: _, ...item }, stored) {
      const name = item.name === '' ? (stored?.name ?? item.id) : item.name;
      const settings = {
        default_post_authn_ctx_script_id:
          item.settings?.default_post_authn_ctx_script_id ?? stored?.settings?.default_post_authn_ctx_script_id ?? '',
      };
      return { ...item, name, settings, jwks: item.jwks ?? (await keysFor(settingsOf(item), stored, clock)) };
    },
    async write(stores, tenant, item, stored) {
      const id = workspaceId(item.id);
      const before = stored === undefined ? undefined : await stores.workspaces.find(tenant, id);
      const now = clock.now();
      const { name, type } = item;
      const written = { tenantId: tenant, id, name, type, settings: settingsOf(item), updatedAt: now };
      if (before === undefined) await stores.workspaces.insert({ ...written, revision: 1, createdAt: now });
      else await stores.workspaces.update({ ...before, ...written });
      // A new binding is written after its script; one that ends, ends here.
      if (item.settings?.default_post_authn_ctx_script_id === '')
        await stores.executionPoints.remove(defaultPlace({ tenantId: tenant, workspaceId: id }));
      if (item.jwks !== undefined) await stores.signingKeys.replaceAll(tenant, id, keysFrom(item.jwks));
    },
    async begin({ scopes }, tenant, { id, type, initialize }, replaces) {
      if (initialize !== true) return;
      const isBrought = (name: string) => replaces('scopes_without_service', `${id} ${name}`);
      for (const scope of firstScopesOf(type).filter(({ name }) => !isBrought(name)))
        await scopes.insert({ ...scope, tenantId: tenant, workspaceId: workspaceId(id) });
    },
    secrets: ({ jwks, ...item }, map) => (jwks === undefined ? item : { ...item, jwks: withPrivate(jwks, map) }),
  });
}

/** Those that are there; with a fresh one before them where the workspace is to sign otherwise, or never did. */
async function keysFor(settings: WorkspaceSettings, stored: ServerItem | undefined, clock: Clock): Promise<KeysBody> {
  const alg = algOf(settings);
  const known = keysFrom(stored?.jwks ?? { keys: [] });
  if (known[0]?.state === 'active' && known[0].alg === alg && stored?.jwks !== undefined) return stored.jwks;
  const key = await generateSigningKey(alg, clock);
  const before = stored === undefined ? settings : settingsOf(stored);
  return toKeysBody([key, ...known.map((one) => (one.state === 'active' ? retiredAt(one, before, clock.now()) : one))]);
}

/** The private members of an asymmetric key (RFC 7518 §6.2.2, §6.3.2). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

function withPrivate({ keys, ...rest }: KeysBody, map: MapSecret): KeysBody {
  const mapped = (name: string, value: unknown, index: number): unknown =>
    privateMembers.includes(name) && typeof value === 'string'
      ? map(value, `jwks/keys/${String(index)}/${name}`)
      : value;
  return keysBody.parse({
    ...rest,
    keys: keys.map((key, index) =>
      Object.fromEntries(Object.entries(key).map(([name, value]) => [name, mapped(name, value, index)])),
    ),
  });
}

async function keyFaults({ keys }: KeysBody, item: ServerItem): Promise<readonly Fault[]> {
  const signing = keysFrom({ keys }).filter(({ state }) => state === 'active');
  const alg = algOf(settingsOf(item));
  const faults: Fault[] = [];
  if (signing.length !== 1 || signing[0]?.alg !== alg)
    faults.push({ pointer: '/jwks/keys', message: `must hold one key that signs, for ${alg}, as key_type says` });
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length)
    faults.push({ pointer: '/jwks/keys', message: 'must not hold two keys of one kid' });
  for (const [index, { kid, alg: own, privateJwk }] of keysFrom({ keys }).entries()) {
    const isPrivate = await importJWK(privateJwk, own).then(
      (key) => 'type' in key && key.type === 'private',
      () => false,
    );
    if (!isPrivate)
      faults.push({ pointer: `/jwks/keys/${String(index)}`, message: `${kid} is no private key for ${own}` });
  }
  return faults;
}
