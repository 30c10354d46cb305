/** Every command, in the order they are explained. */
import { z } from 'zod';
import { checkedUrl, createApi } from './api.ts';
import { asAdmin, listOptions, pagesOf, segment, workspaceOf, workspaceOption } from './administration.ts';
import { clientChanges, keyChanges, workspaceChanges } from './changes.ts';
import type { Command } from './command.ts';
import { exits, failure } from './failure.ts';
import { plain, table } from './output.ts';
import { scriptRunCommands } from './script-runs.ts';
import { scriptCommands } from './scripts.ts';
import { exportCommand, importCommand } from './transfer.ts';

const root = { tenant: 'system', workspace: 'system', scopes: ['manage_configuration'] } as const;

const tenants = z.object({ tenants: z.array(z.looseObject({ id: z.string(), name: z.string() })) });
const workspaces = z.object({
  servers: z.array(z.looseObject({ id: z.string(), name: z.string(), type: z.string() })),
});
const client = z.looseObject({
  client_id: z.string(),
  client_name: z.string().optional(),
  client_status: z.string().optional(),
  client_secret: z.string().optional(),
});
const secret = z.looseObject({ secret: z.string() });
const key = z.looseObject({ kid: z.string(), alg: z.string(), created_at: z.string() });
const keys = z.object({ current_key: key.optional(), rotated_keys: z.array(key) });

const login: Command = {
  name: 'login',
  help: 'Sign in with a client; its secret is asked for, or read from GATEHOUSE_CLIENT_SECRET or standard input.',
  options: [
    { name: 'url', value: 'URL', help: 'where the deployment is' },
    {
      name: 'workspace',
      value: 'WORKSPACE',
      choices: ['admin', 'system'],
      help: 'where the client is from (default: admin)',
    },
    { name: 'client-id', value: 'ID', help: 'the client' },
  ],
  async run({ around, option, show }) {
    const name = option('profile') ?? 'default';
    const before = await around.profiles.find(name);
    const url = option('url') ?? before?.url;
    const tenant = option('tenant') ?? before?.tenant;
    const id = option('client-id');
    const missing = Object.entries({ url, tenant, 'client-id': id }).filter(([, value]) => value === undefined);
    if (url === undefined || tenant === undefined || id === undefined)
      throw failure(exits.usage, `login needs ${missing.map(([word]) => `--${word}`).join(', ')}.`);
    const workspace = option('workspace') === 'system' ? 'system' : 'admin';
    const secret = around.env['GATEHOUSE_CLIENT_SECRET'] ?? (await around.ask(`Secret of ${plain(id)}: `));
    const address = checkedUrl(url);
    // Clients of another deployment are of no use there.
    const known = before?.url === address ? before.clients : {};
    const place = `${tenant}/${workspace}`;
    const profile = { url: address, tenant, clients: { ...known, [place]: { id, secret } } };
    await createApi(profile, around.signal).check({ tenant, workspace });
    await around.profiles.save(name, profile);
    show({ url: address, tenant, workspace, client_id: id }, `Signed in at ${address} as ${plain(id)} of ${place}.\n`);
    return undefined;
  },
};

const administration: readonly Command[] = [
  {
    name: 'tenants',
    help: 'List the tenants of the deployment (a client of system/system).',
    async run({ signedIn, show }) {
      const { api } = await signedIn();
      const all = (await api.json(tenants, root, 'GET', '/api/system/tenants')).tenants;
      show(
        all,
        table(
          ['ID', 'NAME'],
          all.map(({ id, name }) => [id, name]),
        ),
      );
      return undefined;
    },
  },
  {
    name: 'workspaces',
    help: 'List the workspaces of the tenant (a client of its workspace admin).',
    options: listOptions,
    async run(invocation) {
      const { api, issuer, path } = await asAdmin(invocation);
      const all = await pagesOf(
        invocation,
        async (query) => (await api.json(workspaces, issuer, 'GET', `${path}/servers?${query.toString()}`)).servers,
        'server',
        ({ id }) => id,
      );
      invocation.show(
        all,
        table(
          ['ID', 'TYPE', 'NAME'],
          all.map(({ id, type, name }) => [id, type, name]),
        ),
      );
      return undefined;
    },
  },
  ...workspaceChanges,
  {
    name: 'clients rotate-secret',
    help: 'Give a client a fresh secret, and print it. The one before stays good until it is revoked.',
    words: ['CLIENT'],
    async run(invocation) {
      const { api, issuer, path } = await asAdmin(invocation);
      const [id = ''] = invocation.words;
      const rotated = await api.json(secret, issuer, 'POST', `${path}/clients/${segment(id)}/rotateSecret`);
      invocation.show(rotated, `${plain(rotated.secret)}\n`);
      return undefined;
    },
  },
  {
    name: 'clients',
    help: 'List the clients of a workspace; no secrets.',
    options: [workspaceOption, ...listOptions],
    async run(invocation) {
      const { api, issuer, path } = await asAdmin(invocation);
      const place = `${path}/servers/${workspaceOf(invocation)}/clients`;
      const page = z.object({ clients: z.array(client) });
      const found = await pagesOf(
        invocation,
        async (query) => (await api.json(page, issuer, 'GET', `${place}?${query.toString()}`)).clients,
        'client',
        ({ client_id: id }) => id,
      );
      const all = found.map(({ client_secret: _secret, rotated_secrets: _rotated, ...rest }) => rest);
      invocation.show(
        all,
        table(
          ['ID', 'STATUS', 'NAME'],
          all.map(({ client_id: id, client_status: status = '', client_name: name = '' }) => [id, status, name]),
        ),
      );
      return undefined;
    },
  },
  ...clientChanges,
  {
    name: 'keys rotate',
    help: 'Sign with a fresh key from now on; what was signed before stays good.',
    options: [workspaceOption],
    async run(invocation) {
      const { api, issuer, path } = await asAdmin(invocation);
      const place = `${path}/servers/${workspaceOf(invocation)}/keys/rotate`;
      const fresh = await api.json(key, issuer, 'POST', place);
      invocation.show(fresh, `${plain(fresh.kid)} (${plain(fresh.alg)}) signs from now on.\n`);
      return undefined;
    },
  },
  {
    name: 'keys',
    help: 'List the keys a workspace signs with.',
    options: [workspaceOption],
    async run(invocation) {
      const { api, issuer, path } = await asAdmin(invocation);
      const found = await api.json(keys, issuer, 'GET', `${path}/servers/${workspaceOf(invocation)}/keys`);
      const current = found.current_key === undefined ? [] : [{ ...found.current_key, state: 'signs' }];
      const rows = [...current, ...found.rotated_keys.map((one) => ({ ...one, state: 'rotated' }))];
      invocation.show(
        found,
        table(
          ['KID', 'ALG', 'STATE', 'SINCE'],
          rows.map(({ kid, alg, state, created_at: since }) => [kid, alg, state, since]),
        ),
      );
      return undefined;
    },
  },
  ...keyChanges,
];

export const commands: readonly Command[] = [
  ...[login, ...administration],
  ...[...scriptCommands, ...scriptRunCommands],
  ...[exportCommand, importCommand],
];
