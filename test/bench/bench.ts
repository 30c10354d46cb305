/** `npm run bench`: the platform beside a bare provider over the same persistence, in one run, as a table and as JSON. */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { startLoad } from './load-client.ts';
import { measureConsents } from './measure-consents.ts';
import { measureEnumeration } from './measure-enumeration.ts';
import { measureLoginsAtOnce, measureLoginsInTurn } from './measure-logins.ts';
import { measurePeople } from './measure-people.ts';
import { measurePools } from './measure-pools.ts';
import { measureMemory, measureSecondStart } from './measure-rest.ts';
import { measureScriptLogins } from './measure-script-logins.ts';
import { measureScripts } from './measure-scripts.ts';
import { measureShadow } from './measure-shadow.ts';
import { measureIntrospection, measureTokens, measureTokensInMemory, measureUserinfo } from './measure-tokens.ts';
import { measureWebhooks } from './measure-webhooks.ts';
import { measureWorkspaces } from './measure-workspaces.ts';
import { stopProcesses } from './processes.ts';
import { isMet, table, toJson } from './result.ts';
import type { Result } from './result.ts';
import { fullSize, quickSize } from './setting.ts';
import type { Setting } from './setting.ts';
import { startBare, startPlatform } from './sides.ts';

type Measure = (setting: Setting) => Promise<readonly Result[]>;

const alone =
  (measure: (setting: Setting) => Promise<Result>): Measure =>
  async (setting) => [await measure(setting)];

/** In the order in which they are taken: memory before anything was asked, and again after everything. */
const measurements: Readonly<Record<string, Measure>> = {
  'memory-idle': alone((setting) => measureMemory(setting, 'memory-idle', { of: 'value', atMost: 400 })),
  tokens: alone(measureTokens),
  'tokens-beside-memory': alone(measureTokensInMemory),
  introspection: alone(measureIntrospection),
  userinfo: alone(measureUserinfo),
  'logins-in-turn': measureLoginsInTurn,
  'logins-at-once': measureLoginsAtOnce,
  'memory-after-load': alone((setting) => measureMemory(setting, 'memory-after-load')),
  workspaces: measureWorkspaces,
  people: measurePeople,
  consents: measureConsents,
  pools: measurePools,
  enumeration: measureEnumeration,
  scripts: async (setting) => [...(await measureScripts(setting)), await measureShadow(setting)],
  'scripts.login': measureScriptLogins,
  webhooks: measureWebhooks,
  'second-start': alone(measureSecondStart),
};

const usage = `npm run bench -- [--json FILE] [--quick] [--only NAME]... [--profile FOLDER]
  --json     writes {"name": {"value", "unit", "ratio"}}
  --quick    a short run: shows that everything works, and measures nothing well
  --only     may be repeated: ${Object.keys(measurements).join(', ')}
  --profile  writes CPU profiles of server and worker
`;

function say(what: string): void {
  process.stderr.write(`${what}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only.find((name) => !Object.hasOwn(measurements, name));
  if (values.help || unknown !== undefined) {
    process.stdout.write(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  if (values.profile !== undefined) await mkdir(values.profile, { recursive: true });
  await makeFolder();
  const results = await cleanly((undo) => measure(values, undo));
  process.stdout.write(`\n${table(results)}\n`);
  if (values.json !== undefined) await writeFile(values.json, toJson(results));
  const missed = results.filter((result) => isMet(result) === false).map(({ name }) => name);
  process.stdout.write(missed.length === 0 ? '\nEvery bar was met.\n' : `\nMissed: ${missed.join(', ')}.\n`);
}

/** One folder for everything, Temporal's included, so that there is one to remove whatever ends us. */
async function makeFolder(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  process.env['TMPDIR'] = folder;
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** Undone in the opposite order: who came last leaves first. */
type Undo = (() => Promise<void>)[];

/** Does the work, and undoes it when it is done, has failed, or is interrupted; a second signal does not wait for that. */
async function cleanly<T>(work: (undo: Undo) => Promise<T>): Promise<T> {
  const undo: Undo = [];
  const interrupted = Promise.withResolvers<never>();
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (process.exitCode !== undefined) process.exit();
    process.exitCode = 128 + constants.signals[signal];
    interrupted.reject(new Error(`interrupted by ${signal}`));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const working = work(undo);
  try {
    return await Promise.race([working, interrupted.promise]);
  } finally {
    await stopProcesses();
    // Without processes it can only fail: until then it may still add to what is to be undone.
    await working.catch(() => undefined);
    for (const stop of undo.toReversed()) {
      await stop().catch((error: unknown) => {
        say(String(error));
      });
    }
  }
}

async function measure(
  options: { readonly quick: boolean; readonly only: readonly string[]; readonly profile?: string },
  undo: Undo,
): Promise<readonly Result[]> {
  say('starting the platform and the bare provider');
  const platform = await startPlatform(
    options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`],
  );
  undo.push(platform.stop);
  const bare = await startBare('database');
  undo.push(bare.stop);
  const load = startLoad();
  undo.push(load.stop);
  const results: Result[] = [];
  for (const [name, take] of Object.entries(measurements)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    say(`measuring ${name}`);
    results.push(...(await take({ platform, bare, load, size: options.quick ? quickSize : fullSize })));
  }
  return results;
}

try {
  await main();
} catch (error) {
  say(error instanceof Error && process.exitCode === undefined ? inspect(error) : String(error));
  process.exit(process.exitCode ?? 1);
}
