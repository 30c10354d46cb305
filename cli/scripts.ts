/** Scripts from the command line: what there is, which version runs, and the way back to the one before. */
import { z } from 'zod';
import { scriptDeclarations } from '../scripts-runtime/index.ts';
import { asAdmin, segment, workspaceOf, workspaceOption } from './administration.ts';
import type { Command, Invocation } from './command.ts';
import { exits, failure } from './failure.ts';
import { plain, table } from './output.ts';
import { testCommand } from './script-fixtures.ts';
import { textOf } from './text-file.ts';

const script = z.looseObject({ id: z.string(), name: z.string() });
const version = z.looseObject({
  id: z.string(),
  shape: z.string(),
  execution_point: z.string().optional(),
  on_error: z.string(),
  created_at: z.string(),
});
const pointers = z.object({ draft: z.string(), live: z.string(), canary: z.string(), canary_share: z.int() });
type Pointers = z.infer<typeof pointers>;

export const versionOption = {
  name: 'version',
  value: 'VERSION',
  help: 'as much of its id as tells it from the others',
} as const;
/** Enough to tell versions apart by eye. */
export const shortVersion = (id: string): string => id.slice(0, 12);

export async function scriptsOf(invocation: Invocation) {
  const { api, issuer, path } = await asAdmin(invocation);
  const server = `${path}/servers/${workspaceOf(invocation)}`;
  const place = `${server}/scripts`;
  const [id = ''] = invocation.words;
  const own = `${place}/${segment(id)}`;
  return {
    ...{ api, issuer, server, place, own },
    create: () => api.json(script, issuer, 'POST', place, { body: { id } }),
    list: async () => (await api.json(z.object({ scripts: z.array(script) }), issuer, 'GET', place)).scripts,
    /** Youngest first. */
    versions: async () =>
      (await api.json(z.object({ versions: z.array(version) }), issuer, 'GET', `${own}/versions`)).versions,
    draft: (source: string) => api.json(version, issuer, 'POST', `${own}/versions`, { body: { body: source } }),
    async pointers() {
      const answer = await api.call(issuer, 'GET', `${own}/pointers`);
      const etag = answer.headers.get('etag') ?? '';
      return { ...pointers.parse(await answer.json()), etag };
    },
    /** @param etag of the pointers that this is decided by: others may have moved them since */
    point: (body: Partial<Pointers>, etag: string) =>
      api.json(pointers, issuer, 'PUT', `${own}/pointers`, { body, headers: { 'if-match': etag } }),
  };
}
export type Scripts = Awaited<ReturnType<typeof scriptsOf>>;

/** @throws Error of wrong usage for none, and for several */
export async function versionNamed(scripts: Scripts, beginning: string): Promise<string> {
  const found = (await scripts.versions()).filter(({ id }) => id.startsWith(beginning));
  const [one, other] = found;
  if (beginning === '' || one === undefined)
    throw failure(exits.usage, `There is no version ${plain(beginning)} of this script.`);
  if (other !== undefined) throw failure(exits.usage, `${plain(beginning)} begins several versions: say more of it.`);
  return one.id;
}

/** The one that was written before the one that runs; that one itself, where a canary ran beside it. */
async function versionToGoBackTo(scripts: Scripts, { live, canary }: Pointers): Promise<string> {
  // What ran beside the canary is not what failed.
  if (canary !== '' && live !== '') return live;
  const all = await scripts.versions();
  const at = all.findIndex(({ id }) => id === live);
  const before = at < 0 ? undefined : all[at + 1];
  if (before === undefined)
    throw failure(exits.usage, 'There is no version before the one that runs: say which by --version.');
  return before.id;
}

function showPointers(invocation: Invocation, { live, canary, canary_share: share, draft }: Pointers): void {
  const now = live === '' ? 'No version runs.' : `${shortVersion(live)} runs.`;
  const tried = canary === '' ? '' : ` ${shortVersion(canary)} runs for ${String(share)} of a hundred people.`;
  invocation.show({ live, canary, canary_share: share, draft }, `${now}${tried} Logins in flight keep theirs.\n`);
}

export const scriptCommands: readonly Command[] = [
  testCommand,
  {
    name: 'scripts versions',
    help: 'List the versions of a script, youngest first, and which of them runs.',
    words: ['SCRIPT'],
    options: [workspaceOption],
    async run(invocation) {
      const scripts = await scriptsOf(invocation);
      const [all, now] = [await scripts.versions(), await scripts.pointers()];
      const roles = [
        ['live', now.live],
        ['canary', now.canary],
        ['draft', now.draft],
      ] as const;
      const roleOf = (id: string): string => roles.flatMap(([role, of]) => (of === id ? [role] : [])).join(' ');
      invocation.show(
        all.map((one) => ({ ...one, pointers: roleOf(one.id).split(' ').filter(Boolean) })),
        table(
          ['VERSION', 'RUNS', 'SHAPE', 'ON ERROR', 'WRITTEN'],
          all.map((one) => [shortVersion(one.id), roleOf(one.id), one.shape, one.on_error, one.created_at]),
        ),
      );
      return undefined;
    },
  },
  {
    name: 'scripts create',
    help: 'Make a script that has no version yet.',
    words: ['SCRIPT'],
    options: [workspaceOption],
    async run(invocation) {
      const made = await (await scriptsOf(invocation)).create();
      invocation.show(made, `${plain(made.id)}\n`);
      return undefined;
    },
  },
  {
    name: 'scripts draft',
    help: 'Keep the source in FILE as another version of a script; what runs stays.',
    words: ['SCRIPT', 'FILE'],
    options: [workspaceOption],
    async run(invocation) {
      const source = await textOf(invocation.words[1] ?? '');
      const made = await (await scriptsOf(invocation)).draft(source);
      invocation.show(made, `${made.id}\n`);
      return undefined;
    },
  },
  {
    name: 'scripts types',
    help: 'Print the types of scripts for your editor: keep them in a .d.ts beside yours.',
    async run(invocation) {
      const types = await scriptDeclarations();
      invocation.show({ types }, types);
      return undefined;
    },
  },
  {
    name: 'scripts publish',
    help: 'Have a version of a script run from now on: its draft, unless said otherwise.',
    words: ['SCRIPT'],
    options: [
      workspaceOption,
      versionOption,
      { name: 'canary', value: 'SHARE', help: 'for so many of a hundred people, beside the one that runs' },
    ],
    async run(invocation) {
      const scripts = await scriptsOf(invocation);
      const now = await scripts.pointers();
      const named = invocation.option('version');
      const id = named === undefined ? now.draft : await versionNamed(scripts, named);
      if (id === '') throw failure(exits.usage, 'The script has no version yet: see gatehouse scripts draft.');
      const canary = invocation.option('canary');
      const share = Number(canary);
      if (canary !== undefined && !(Number.isInteger(share) && share >= 1 && share <= 99))
        throw failure(exits.usage, '--canary is a number from 1 to 99.');
      const next = canary === undefined ? { live: id } : { live: now.live, canary: id, canary_share: share };
      showPointers(invocation, await scripts.point(next, now.etag));
      return undefined;
    },
  },
  {
    name: 'scripts rollback',
    help: 'Have the version before run again, or the one named; ends a canary.',
    words: ['SCRIPT'],
    options: [workspaceOption, versionOption],
    async run(invocation) {
      const scripts = await scriptsOf(invocation);
      const now = await scripts.pointers();
      const named = invocation.option('version');
      const id = named === undefined ? await versionToGoBackTo(scripts, now) : await versionNamed(scripts, named);
      showPointers(invocation, await scripts.point({ live: id }, now.etag));
      return undefined;
    },
  },
  {
    name: 'scripts',
    help: 'List the scripts of a workspace.',
    options: [workspaceOption],
    async run(invocation) {
      const all = await (await scriptsOf(invocation)).list();
      invocation.show(
        all,
        table(
          ['ID', 'NAME'],
          all.map(({ id, name }) => [id, name]),
        ),
      );
      return undefined;
    },
  },
];
