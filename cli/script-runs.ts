/** Logins in which a script ran, from the command line: which there are, run again, and held against another version. */
import { z } from 'zod';
import { pagesOf, segment, workspaceOption } from './administration.ts';
import type { Command, Invocation } from './command.ts';
import { exits, failure } from './failure.ts';
import { plain, table } from './output.ts';
import { scriptsOf, shortVersion, versionNamed, versionOption, type Scripts } from './scripts.ts';

const run = z.looseObject({
  id: z.string(),
  login_id: z.string(),
  script_id: z.string(),
  version: z.string(),
  outcome: z.string(),
  slices: z.number(),
  started_at: z.string(),
});
const runs = z.object({ runs: z.array(run) });
const replayed = z.looseObject({
  run_id: z.string(),
  equal: z.boolean(),
  differs: z.array(z.string()),
  outcome: z.string(),
  fault: z.string().optional(),
  changed_secrets: z.array(z.string()).default([]),
});
const verdict = z.looseObject({
  login_id: z.string(),
  verdict: z.string(),
  recorded_outcome: z.string(),
  outcome: z.string(),
  changes: z.array(z.string()),
  fault: z.string().optional(),
  at: z.string().optional(),
  changed_secrets: z.array(z.string()).default([]),
});
const summary = z.object({
  logins: z.number(),
  same: z.number(),
  changed: z.number(),
  diverged: z.number(),
  error: z.number(),
  slower: z.number(),
  complete: z.boolean(),
});
const shadowed = z.object({ verdicts: z.array(verdict), summary });

const usualRuns = '100';
/** As the server has it. */
const mostLogins = 10_000;
const waits = 'waits';

/** Why a run may come out otherwise: it had other secrets. */
const changedSince = (secrets: readonly string[]): readonly string[] =>
  secrets.length === 0 ? [] : [`(changed since: ${secrets.join(', ')})`];

/** What is told of a verdict that the other columns do not tell. */
function whatOf({ verdict: kind, changes, fault, at, changed_secrets: secrets }: z.infer<typeof verdict>): string {
  const failed = [fault === kind ? undefined : fault, at].flatMap((word) => word ?? []);
  return [...changes, ...failed, ...changedSince(secrets)].join(' ');
}

const runsCommand: Command = {
  name: 'scripts runs',
  help: 'List the logins in which a script ran, youngest first; nothing of it is about people.',
  words: ['SCRIPT'],
  options: [workspaceOption, { name: 'limit', value: 'N', help: `no more than so many (default: ${usualRuns})` }],
  async run(invocation) {
    const { api, issuer, own } = await scriptsOf(invocation);
    const limited: Invocation = {
      ...invocation,
      option: (name) => invocation.option(name) ?? (name === 'limit' ? usualRuns : undefined),
    };
    const all = await pagesOf(
      limited,
      async (query) => {
        query.set('order', 'desc');
        return (await api.json(runs, issuer, 'GET', `${own}/runs?${query.toString()}`)).runs;
      },
      'run',
      ({ id }) => id,
    );
    invocation.show(
      all,
      table(
        ['RUN', 'LOGIN', 'VERSION', 'OUTCOME', 'BEGAN'],
        all.map((one) => [
          ...[one.id, one.login_id, shortVersion(one.version)],
          ...[one.outcome === '' ? waits : one.outcome, one.started_at],
        ]),
      ),
    );
    return undefined;
  },
};

const replayCommand: Command = {
  name: 'scripts replay',
  help: 'Run the scripts of a login again from their tapes, without doing anything; fails unless every byte is the same.',
  words: ['LOGIN'],
  options: [workspaceOption],
  async run(invocation) {
    const { api, issuer, server, place } = await scriptsOf(invocation);
    const [login = ''] = invocation.words;
    const query = new URLSearchParams({ login_id: login });
    const { runs: all } = await api.json(runs, issuer, 'GET', `${server}/script-runs?${query.toString()}`);
    if (all.length === 0) throw failure(exits.refused, `No script ran in a login ${plain(login)}, or it is long over.`);
    const found: (z.infer<typeof run> & z.infer<typeof replayed>)[] = [];
    for (const one of all) {
      const path = `${place}/${segment(one.script_id)}/runs/${segment(one.id)}/replay`;
      found.push({ ...one, ...(await api.json(replayed, issuer, 'POST', path)) });
    }
    const told = (one: (typeof found)[number]): string => {
      const since = changedSince(one.changed_secrets);
      if (one.equal) return ['the same', ...since].join(' ');
      return `differs: ${[...one.differs, ...(one.fault === undefined ? [] : [`(${one.fault})`]), ...since].join(' ')}`;
    };
    invocation.show(
      found,
      table(
        ['RUN', 'SCRIPT', 'VERSION', 'OUTCOME', 'REPLAY'],
        found.map((one) => [
          ...[one.id, one.script_id, shortVersion(one.version)],
          ...[one.outcome === '' ? waits : one.outcome, told(one)],
        ]),
      ),
    );
    return found.every(({ equal }) => equal) ? undefined : exits.refused;
  },
};

const shadowCommand: Command = {
  name: 'scripts shadow',
  help: 'List the last logins that another version would have changed, without doing anything; exit code 3 where there are any.',
  words: ['SCRIPT'],
  options: [
    workspaceOption,
    { ...versionOption, help: `${versionOption.help} (default: the draft)` },
    {
      name: 'last',
      value: 'N',
      help: `how many logins, youngest first (default: 1000, at most ${String(mostLogins)})`,
    },
  ],
  async run(invocation) {
    const last = Number(invocation.option('last') ?? 1000);
    if (!(Number.isInteger(last) && last >= 1 && last <= mostLogins))
      throw failure(exits.usage, `--last is a number from 1 to ${String(mostLogins)}.`);
    const scripts = await scriptsOf(invocation);
    const named = invocation.option('version');
    const version = named === undefined ? (await scripts.pointers()).draft : await versionNamed(scripts, named);
    if (version === '') throw failure(exits.usage, 'The script has no version yet: see gatehouse scripts draft.');
    const found = await shadowOf(invocation, scripts, { version, last });
    const { summary: sum } = found;
    const other = found.verdicts.filter((one) => one.verdict !== 'same');
    const lines = other.map((one) => [
      ...[one.login_id, one.verdict, `${one.recorded_outcome} → ${one.outcome === '' ? '?' : one.outcome}`],
      whatOf(one),
    ]);
    const counts = (['same', 'changed', 'diverged', 'error'] as const).map((kind) => `${String(sum[kind])} ${kind}`);
    invocation.show(
      found,
      (lines.length === 0 ? '' : table(['LOGIN', 'VERDICT', 'OUTCOME', 'WHAT'], lines)) +
        `${String(sum.logins)} logins: ${counts.join(', ')}; ${String(sum.slower)} slower.\n`,
    );
    if (other.length > 0) return exits.wouldChange;
    if (sum.complete) return undefined;
    throw failure(exits.refused, 'It took too long to look at all of them: ask for fewer.');
  },
};

/** Reads the verdicts as they come, and says how many there are by now. */
async function shadowOf(
  { around, has }: Invocation,
  { api, issuer, own }: Scripts,
  { version, last }: { readonly version: string; readonly last: number },
): Promise<z.infer<typeof shadowed>> {
  const path = `${own}/versions/${segment(version)}/shadow`;
  const { body } = await api.call(issuer, 'POST', path, { body: { last } });
  const speaks = around.isTerminal && !has('json');
  let text = '';
  let seen = 0;
  try {
    for await (const piece of (body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream())) {
      text += piece;
      seen += piece.split('\n').length - 1;
      if (speaks) around.say(`\r${String(Math.min(seen, last))} logins`);
    }
  } catch (cause) {
    throw failure(exits.refused, around.signal.aborted ? 'Interrupted.' : `The server broke off: ${String(cause)}`);
  }
  if (speaks) around.say('\n');
  return shadowed.parse(JSON.parse(text));
}

export const scriptRunCommands: readonly Command[] = [runsCommand, replayCommand, shadowCommand];
