/** Idps in an exported configuration. Passwords of fixed people come in clear or as hashes, and leave as hashes. */
import { z } from 'zod';
import { section, type MapSecret, type Section } from '../configuration/section.ts';
import { isStoredHash, type PasswordHasher } from '../credentials/password/password.ts';
import {
  insertPageClient,
  pageClientNeed,
  replacePageClient,
  type PageClientStores,
} from '../extensions/page-client.ts';
import { checkPageUrl } from '../extensions/page.ts';
import { faultsFrom } from '../configuration/faults.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { givenName } from '../kernel/given-name.ts';
import { clientId, customAppId, idpId, newId, poolId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { attributes, contextOf, idpMembers, ownClaims } from './idp.body.ts';
import { mostIdps, type Idp, type IdpStore } from './idp.ts';

export interface IdpSectionStores extends PageClientStores {
  readonly idps: Pick<IdpStore, 'list' | 'find' | 'insert' | 'update'>;
}

const user = z.object({
  username: z.string().min(1).max(320),
  password: z.string().min(1).max(1024).optional(),
  /** Ours: an argon2id hash in PHC form. */
  hashed_password: z.string().max(512).optional(),
  authentication_context: attributes.default({}),
});
type StaticItem = z.infer<typeof user>;

const givenUser = user
  .extend({ additional_attributes: attributes.optional(), ...ownClaims })
  .transform(({ username, password, hashed_password, authentication_context, additional_attributes: more, ...own }) =>
    user.parse({
      username,
      password,
      hashed_password,
      authentication_context: contextOf(authentication_context, more, own),
    }),
  );

const base = {
  id: z.string().max(64).default(''),
  authorization_server_id: z.string().min(1).max(64),
  name: z.string().max(255).default(''),
  disabled: z.boolean().default(false),
  ...idpMembers,
  hidden: idpMembers.hidden.unwrap().default(false),
  post_authn_app_id: z
    .string()
    .max(64)
    .transform((id) => (id === '' ? undefined : id))
    .optional(),
};

const members = z.discriminatedUnion('method', [
  z.object({ ...base, method: z.literal('identity_pool'), identity_pool_id: z.string().min(1).max(64) }),
  z.object({
    ...base,
    method: z.literal('static'),
    credentials: z.object({ static: z.object({ users: z.array(givenUser).max(500) }) }),
  }),
  z.object({
    ...base,
    method: z.literal('custom'),
    settings: z.object({ custom: z.object({ login_url: z.string().min(1).max(2048) }) }),
    /** One is made where none is named. */
    client_id: z.string().max(64).default(''),
  }),
]);
/** Without what was found to ask for nothing. */
const body = members.transform(({ config: _, sso_settings: _sso, ...item }) => item);
type IdpItem = z.infer<typeof body>;

function toItem({ workspaceId: workspace, id, name, enabled, hidden, ...idp }: Idp): IdpItem {
  const { displayOrder: order, logoUri: logo, postAuthnAppId: app } = idp;
  const bound = app === undefined ? {} : { post_authn_app_id: app };
  const said = { id, authorization_server_id: workspace, name, disabled: !enabled, hidden: hidden ?? false };
  const shown = {
    ...(order === undefined ? {} : { display_order: order }),
    ...(logo === undefined ? {} : { logo_uri: logo }),
  };
  const members = { ...said, ...shown, ...bound };
  if (idp.method === 'identity_pool') return { ...members, method: idp.method, identity_pool_id: idp.poolId };
  if (idp.method === 'custom') {
    const settings = { custom: { login_url: idp.loginUrl } };
    return { ...members, method: idp.method, settings, client_id: idp.clientId };
  }
  const users = idp.users.map(({ username, passwordHash, attributes }) =>
    user.parse({ username, hashed_password: passwordHash, authentication_context: attributes }),
  );
  return { ...members, method: idp.method, credentials: { static: { users } } };
}

function toIdp(tenant: TenantId, item: IdpItem): Idp {
  const { id, authorization_server_id: place, name, disabled, hidden } = item;
  const { display_order: displayOrder, logo_uri: logoUri, post_authn_app_id: app = '' } = item;
  const members = {
    tenantId: tenant,
    workspaceId: workspaceId(place),
    id: idpId(id),
    name,
    enabled: !disabled,
    ...(hidden ? { hidden } : {}),
    ...(displayOrder === undefined ? {} : { displayOrder }),
    ...(logoUri === undefined ? {} : { logoUri }),
    ...(app === '' ? {} : { postAuthnAppId: customAppId(app) }),
  };
  if (item.method === 'identity_pool')
    return { ...members, method: item.method, poolId: poolId(item.identity_pool_id) };
  if (item.method === 'custom') {
    const { login_url: loginUrl } = item.settings.custom;
    return { ...members, method: item.method, loginUrl, clientId: clientId(item.client_id) };
  }
  const users = item.credentials.static.users.map(
    ({ username, hashed_password: hash = '', authentication_context }) => ({
      username,
      passwordHash: hash,
      attributes: authentication_context,
    }),
  );
  return { ...members, method: item.method, users };
}

export function idpSection({
  hasher,
  clock,
}: {
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly clock: Clock;
}): Section<IdpSectionStores> {
  /** A person who comes without a password keeps the one they have. */
  const hashed = async (item: StaticItem, stored: IdpItem | undefined): Promise<StaticItem> => {
    const { password, hashed_password: given, ...rest } = item;
    const before = stored?.method === 'static' ? stored.credentials.static.users : [];
    const kept = before.find(({ username }) => username === item.username)?.hashed_password;
    const hash = given ?? (password === undefined ? kept : await hasher.hash(password));
    return { ...rest, ...(hash === undefined ? {} : { hashed_password: hash }) };
  };
  return section({
    member: 'idps',
    body,
    holds: ['place'],
    placeMember: 'authorization_server_id',
    nameOf: ({ authorization_server_id: place, id, name }) => `${place} ${id === '' ? name : id}`,
    placeOf: ({ authorization_server_id: place }) => place,
    distinct: (item) =>
      item.method === 'identity_pool'
        ? [
            {
              key: `the idp of ${item.identity_pool_id} in ${item.authorization_server_id}`,
              pointer: '/identity_pool_id',
            },
          ]
        : [],
    async *list({ idps }, tenant, place) {
      if (place === undefined) return;
      for (const idp of await idps.list(tenant, workspaceId(place))) yield toItem(idp);
    },
    most: mostIdps,
    async find({ idps }, tenant, item) {
      const { authorization_server_id: place, id, name } = item;
      const all = (await idps.list(tenant, workspaceId(place))).map(toItem);
      const ofPool =
        item.method === 'identity_pool'
          ? all.find((one) => one.method === item.method && one.identity_pool_id === item.identity_pool_id)
          : undefined;
      // Without an id it is the one of its pool, or of its name.
      if (id === '') return ofPool ?? all.find((one) => one.method === item.method && one.name === name);
      if (ofPool !== undefined && ofPool.id !== id)
        throw new PlatformError('conflict', `The idp ${ofPool.id} is for this pool already.`);
      return all.find((one) => one.id === id);
    },
    needs({ authorization_server_id: place, post_authn_app_id: app = '', ...item }) {
      const bound = { member: 'custom_apps', item: { server_id: place, id: app }, pointer: '/post_authn_app_id' };
      const client = item.method === 'custom' ? pageClientNeed('custom-login', item.client_id) : [];
      return [...(app === '' ? [] : [bound]), ...client];
    },
    faults(item) {
      if (item.method === 'identity_pool') return Promise.resolve([]);
      if (item.method === 'custom') {
        const { login_url: url } = item.settings.custom;
        return Promise.resolve(
          faultsFrom(() => {
            checkPageUrl(url, '/settings/custom/login_url');
          }),
        );
      }
      const { users } = item.credentials.static;
      const names = new Set(users.map(({ username }) => username));
      const where = '/credentials/static/users';
      return Promise.resolve([
        ...(names.size === users.length
          ? []
          : [{ pointer: where, message: 'must not hold two people of one username' }]),
        ...users.flatMap(({ hashed_password: hash }, index) =>
          hash === undefined || isStoredHash(hash)
            ? []
            : [
                {
                  pointer: `${where}/${String(index)}/hashed_password`,
                  message: 'must be an argon2id hash in PHC form',
                },
              ],
        ),
      ]);
    },
    async complete(given, stored) {
      const id = given.id === '' ? (stored?.id ?? newId()) : given.id;
      const item = { ...given, name: givenName(given.name, stored, id) };
      if (item.method === 'identity_pool') return { ...item, id };
      if (item.method === 'custom') {
        const kept = stored?.method === 'custom' ? stored.client_id : '';
        return { ...item, id, client_id: item.client_id === '' ? kept : item.client_id };
      }
      const users: StaticItem[] = [];
      for (const one of item.credentials.static.users) users.push(await hashed(one, stored));
      return { ...item, id, credentials: { static: { users } } };
    },
    async write(stores, tenant, item, stored) {
      const idp = toIdp(tenant, item);
      const page = { kind: 'custom-login', name: idp.name, now: clock.now() } as const;
      const needsClient = idp.method === 'custom' && idp.clientId === '';
      const whole = needsClient ? { ...idp, clientId: (await insertPageClient(stores, tenant, page)).id } : idp;
      await (stored === undefined ? stores.idps.insert(whole) : stores.idps.update(whole));
      const before = stored?.method === 'custom' ? stored.client_id : '';
      await replacePageClient(stores, tenant, before, whole.method === 'custom' ? whole.clientId : '');
    },
    secrets: (item, map) => (item.method === 'static' ? withSecrets(item, map) : item),
  });
}

function withSecrets(item: Extract<IdpItem, { method: 'static' }>, map: MapSecret): IdpItem {
  const users = item.credentials.static.users.map(({ hashed_password: hash, password, ...rest }, index) => {
    const place = (member: string) => `credentials/static/users/${String(index)}/${member}`;
    return {
      ...rest,
      ...(hash === undefined ? {} : { hashed_password: map(hash, place('hashed_password')) }),
      ...(password === undefined ? {} : { password: map(password, place('password')) }),
    };
  });
  return { ...item, credentials: { static: { users } } };
}
