/** Configuration out of a deployment and into one, as a stream: it may be larger than memory. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Issuer } from './api.ts';
import type { Command, Invocation, Option } from './command.ts';
import { exits, failure } from './failure.ts';
import { plain, sizeOf, table } from './output.ts';
import type { Profile } from './profiles.ts';

const report = z.object({
  changes: z.array(z.looseObject({ kind: z.string(), id: z.string(), action: z.string() })),
  counts: z.object({ create: z.number(), update: z.number(), keep: z.number(), conflict: z.number() }),
  ignored: z.record(z.string(), z.number()).optional(),
});

const shared: readonly Option[] = [
  { name: 'identity', help: 'people: pools, users, identifiers, credentials' },
  { name: 'passphrase', help: 'seal, or open, secrets with a passphrase: asked for, or GATEHOUSE_PASSPHRASE' },
  { name: 'quiet', help: 'say nothing of how far it is' },
];

/** Says how long the server takes to check and write what it was sent, until it answers. */
async function waitingAloud<T>({ around, has }: Invocation, sent: Transform, answer: Promise<T>): Promise<T> {
  if (!around.isTerminal || has('quiet')) return answer;
  let timer: NodeJS.Timeout | undefined;
  sent.once('end', () => {
    const since = Date.now();
    const say = (): void => {
      around.say(`\rchecked and written by the server: ${String(Math.round((Date.now() - since) / 1000))} s`);
    };
    say();
    timer = setInterval(say, 1000);
  });
  try {
    return await answer;
  } finally {
    if (timer !== undefined) around.say('\n');
    clearInterval(timer);
  }
}

/** With the tenant's own client, or with the deployment's for any of its tenants. */
function placeOf(
  profile: Profile,
  tenant: string,
  { identity, scopes }: { readonly identity: boolean; readonly scopes: readonly string[] },
): { issuer: Issuer; path: string } {
  const api = identity ? '/api/identity' : '/api/system';
  const own = { tenant, workspace: 'system', scopes } as const;
  const isOwn = tenant === 'system' || profile.clients[`${tenant}/system`] !== undefined;
  if (isOwn || identity || profile.clients['system/system'] === undefined)
    return { issuer: own, path: `${api}/${encodeURIComponent(tenant)}/configuration` };
  // The deployment's configuration is for those who may change it.
  return { issuer: { ...own, tenant: 'system', scopes: ['manage_configuration'] }, path: `${api}/configuration` };
}

async function passphraseOf({ around, has }: Invocation): Promise<Readonly<Record<string, string>>> {
  const known = around.env['GATEHOUSE_PASSPHRASE'];
  if (!has('passphrase') && known === undefined) return {};
  return { 'gatehouse-passphrase': known ?? (await around.ask('Passphrase: ')) };
}

/** Counts what goes through, and says so now and then. */
function counted({ around, has }: Invocation, what: string): Transform {
  let bytes = 0;
  let said = 0;
  const speaks = around.isTerminal && !has('quiet');
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (speaks && Date.now() - said > 250) {
        said = Date.now();
        around.say(`\r${what} ${sizeOf(bytes)}`);
      }
      done(null, chunk);
    },
    flush(done) {
      if (speaks) around.say(`\r${what} ${sizeOf(bytes)}\n`);
      done();
    },
  });
}

export const exportCommand: Command = {
  name: 'export',
  help: 'Write the configuration of the tenant to a file, or to standard output.',
  options: [
    { name: 'output', value: 'FILE', help: 'the file, for its owner alone; it appears once it is complete' },
    { name: 'workspace', value: 'WORKSPACE', help: 'of one workspace alone' },
    ...shared,
  ],
  async run(invocation) {
    const { option, has, around, signedIn } = invocation;
    const { api, profile, tenant } = await signedIn();
    const { issuer, path } = placeOf(profile, tenant, {
      identity: has('identity'),
      scopes: ['read_configuration', 'manage_configuration'],
    });
    const query = new URLSearchParams({
      ...(issuer.tenant === tenant ? {} : { tid: tenant }),
      ...(option('workspace') === undefined ? {} : { workspace_id: option('workspace') ?? '' }),
    });
    const headers = await passphraseOf(invocation);
    const { body } = await api.call(issuer, 'GET', `${path}?${query.toString()}`, { headers });
    if (body === null) throw failure(exits.refused, 'The server sent nothing.');
    const from = Readable.fromWeb(body);
    const file = option('output');
    if (file === undefined) {
      // Nobody sees how far it is where the text itself goes by.
      await pipeline(from, around.stdout, { signal: around.signal, end: false });
      return undefined;
    }
    const beside = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      const to = createWriteStream(beside, { mode: 0o600, flags: 'wx' });
      await pipeline(from, counted(invocation, 'exported'), to, { signal: around.signal });
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      if (around.signal.aborted) throw failure(exits.refused, 'Interrupted: nothing was written.');
      throw failure(exits.refused, `${plain(file)} was not written: ${error instanceof Error ? error.message : ''}`);
    }
    invocation.show({ output: file }, '');
    return undefined;
  },
};

export const importCommand: Command = {
  name: 'import',
  help: 'Bring a configuration into the tenant: from a file, or from standard input (-). Nothing is written if any of it is wrong.',
  words: ['FILE'],
  options: [
    {
      name: 'mode',
      value: 'MODE',
      choices: ['ignore', 'fail', 'update'],
      help: 'what happens to what is there already (default: update)',
    },
    { name: 'force', help: 'also take from clients what they are registered with; without it they are named' },
    { name: 'dry-run', help: 'write nothing, and say what would change; exit code 3 if anything would' },
    ...shared,
  ],
  async run(invocation) {
    const { option, has, around, signedIn, words } = invocation;
    const { api, profile, tenant } = await signedIn();
    const { issuer, path } = placeOf(profile, tenant, {
      identity: has('identity'),
      scopes: ['manage_configuration'],
    });
    const [file = '-'] = words;
    const from = file === '-' ? around.stdin : createReadStream(file);
    if (file !== '-')
      await once(from, 'open').catch((error: unknown) => {
        throw failure(exits.usage, error instanceof Error ? error.message : 'The file cannot be read.');
      });
    const query = new URLSearchParams({
      mode: option('mode') ?? 'update',
      ...(issuer.tenant === tenant ? {} : { tid: tenant }),
      ...(has('force') ? { force: 'true' } : {}),
      ...(has('dry-run') ? { dry_run: 'true' } : {}),
    });
    if (file === '-' && has('passphrase') && around.env['GATEHOUSE_PASSPHRASE'] === undefined)
      throw failure(exits.usage, 'With - the passphrase is read from GATEHOUSE_PASSPHRASE.');
    const headers = await passphraseOf(invocation);
    const stream = from.pipe(counted(invocation, 'sent'));
    const answer = api.call(issuer, 'PUT', `${path}?${query.toString()}`, { stream, headers });
    const response = await waitingAloud(invocation, stream, answer);
    if (!has('dry-run')) {
      invocation.show({ imported: true }, 'Imported.\n');
      return undefined;
    }
    const looked = report.parse(await response.json());
    const { create, update, keep, conflict } = looked.counts;
    const sum = `${String(create)} to create, ${String(update)} to update, ${String(keep)} as they are, ${String(conflict)} in conflict`;
    const rows = looked.changes.map(({ action, kind, id }) => [action, kind, id]);
    const left = Object.entries(looked.ignored ?? {}).map(([member, count]) => [member, String(count)]);
    const notKept =
      left.length === 0 ? '' : `Decides nothing here, and is not kept:\n${table(['MEMBER', 'OBJECTS'], left)}`;
    invocation.show(looked, `${rows.length === 0 ? '' : table(['ACTION', 'KIND', 'ID'], rows)}${notKept}${sum}\n`);
    return create + update + conflict === 0 ? exits.done : exits.wouldChange;
  },
};
