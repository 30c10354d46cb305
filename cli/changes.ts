/** Commands that make something, and those that take it away, which ask first. */
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { asAdmin, segment, workspaceNamed, workspaceOf, workspaceOption } from './administration.ts';
import type { Command, Invocation, Option } from './command.ts';
import { exits, failure } from './failure.ts';
import { plain, table } from './output.ts';
import { textOf } from './text-file.ts';

const workspace = z.looseObject({ id: z.string() });
const client = z.looseObject({ client_id: z.string(), client_secret: z.string().optional() });
const key = z.looseObject({ kid: z.string() });
const members = z.record(z.string(), z.json());

const yes: Option = { name: 'yes', help: 'do not ask; needed where nobody can answer' };

/** Whoever takes something away for good types what it is called. @throws Error of wrong usage */
async function confirm({ around, has }: Invocation, what: string, id: string): Promise<void> {
  if (has('yes')) return;
  if (!around.isInteractive) throw failure(exits.usage, `This takes ${what} away for good: say so with --yes.`);
  const typed = await around.ask(`This takes ${what} away for good. Type ${plain(id)} to go on: `, 'shown');
  if (typed.trim() !== id) throw failure(exits.refused, 'Nothing was done.');
}

/** A command that removes one thing by its id. */
function removal(noun: string, collection: string, what: string): Command {
  return {
    name: `${noun}s remove`,
    help: `Remove a ${noun}, ${what}. Asks first.`,
    words: [noun.toUpperCase()],
    options: [yes],
    async run(invocation) {
      const { api, issuer, path } = await asAdmin(invocation);
      const [id = ''] = invocation.words;
      await confirm(invocation, `the ${noun} ${plain(id)}, ${what},`, id);
      await api.call(issuer, 'DELETE', `${path}/${collection}/${segment(id)}`);
      invocation.show({ removed: id }, `The ${noun} ${plain(id)} is gone.\n`);
      return undefined;
    },
  };
}

export const workspaceChanges: readonly Command[] = [
  {
    name: 'workspaces create',
    help: 'Make a workspace, with the settings it begins with.',
    words: ['WORKSPACE'],
    options: [{ name: 'name', value: 'NAME', help: 'what people read; the id, where it is left out' }],
    async run(invocation) {
      const { api, issuer, path } = await asAdmin(invocation);
      const [id = ''] = invocation.words;
      // The server would choose an id of its own.
      if (id === '') throw failure(exits.usage, 'Say what the workspace is called.');
      const name = invocation.option('name');
      const body = { id, ...(name === undefined ? {} : { name }) };
      const made = await api.json(workspace, issuer, 'POST', `${path}/servers`, { body });
      invocation.show(made, `The workspace ${plain(made.id)} is there.\n`);
      return undefined;
    },
  },
  removal('workspace', 'servers', 'with its clients, keys and consents'),
];

/** From a file, or from standard input (-). @throws Error of wrong usage */
async function membersIn({ around }: Invocation, file: string): Promise<z.infer<typeof members>> {
  const json = await (file === '-' ? text(around.stdin) : textOf(file));
  const parsed = members.safeParse(parse(json));
  if (!parsed.success)
    throw failure(exits.usage, `${file === '-' ? 'What was given' : plain(file)} is no JSON object.`);
  return parsed.data;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Of each option, the published member that it gives. */
const texts = { name: 'client_name', 'client-id': 'client_id', 'auth-method': 'token_endpoint_auth_method' } as const;
const lists = { 'redirect-uris': 'redirect_uris', 'grant-types': 'grant_types', scopes: 'scopes' } as const;

function clientIn({ option }: Invocation, given: z.infer<typeof members>): z.infer<typeof members> {
  const said = (names: Readonly<Record<string, string>>) =>
    Object.entries(names).flatMap(([name, member]) => {
      const value = option(name);
      return value === undefined ? [] : [[member, value] as const];
    });
  const words = (value: string) => value.split(/\s+/).filter((word) => word !== '');
  return {
    ...given,
    ...Object.fromEntries(said(texts)),
    ...Object.fromEntries(said(lists).map(([member, value]) => [member, words(value)])),
  };
}

export const clientChanges: readonly Command[] = [
  {
    name: 'clients create',
    help: 'Register a client, and print its id and its secret. What is not given is as the server has it.',
    options: [
      workspaceOption,
      { name: 'name', value: 'NAME', help: 'what people read' },
      { name: 'client-id', value: 'ID', help: 'its id; generated where it is left out' },
      { name: 'redirect-uris', value: 'URIS', help: 'where people return to, separated by spaces' },
      { name: 'grant-types', value: 'TYPES', help: 'separated by spaces (default: authorization_code)' },
      { name: 'scopes', value: 'SCOPES', help: 'what it may ask for, separated by spaces' },
      { name: 'auth-method', value: 'METHOD', help: 'how it authenticates (default: client_secret_basic)' },
      { name: 'file', value: 'FILE', help: 'a JSON object of published members, - for standard input; options win' },
    ],
    async run(invocation) {
      const { option } = invocation;
      const file = option('file');
      const given = file === undefined ? {} : await membersIn(invocation, file);
      const isPlaced = option('workspace') === undefined && typeof given['authorization_server_id'] === 'string';
      const place = isPlaced ? {} : { authorization_server_id: workspaceNamed(invocation) };
      const { api, issuer, path } = await asAdmin(invocation);
      const body = { ...clientIn(invocation, given), ...place };
      const made = await api.json(client, issuer, 'POST', `${path}/clients`, { body });
      invocation.show(made, table(['ID', 'SECRET'], [[made.client_id, made.client_secret ?? '']]));
      return undefined;
    },
  },
  removal('client', 'clients', 'with everything it was given'),
];

export const keyChanges: readonly Command[] = [
  {
    name: 'keys revoke',
    help: 'Revoke a rotated key: what it signed is worth nothing from then on. Asks first.',
    words: ['KID'],
    options: [workspaceOption, yes],
    async run(invocation) {
      const place = workspaceOf(invocation);
      const { api, issuer, path } = await asAdmin(invocation);
      const [kid = ''] = invocation.words;
      await confirm(invocation, `the worth of all that the key ${plain(kid)} signed`, kid);
      const revoked = await api.json(key, issuer, 'POST', `${path}/servers/${place}/keys/revoke/${segment(kid)}`);
      invocation.show(revoked, `The key ${plain(revoked.kid)} is revoked.\n`);
      return undefined;
    },
  },
];
