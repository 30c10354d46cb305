/** `npm run bench`: the platform beside a bare provider over the same persistence, in one run, as a table and as JSON. */
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startLoad } from './load-client.ts';
import { measureLoginsAtOnce, measureLoginsInTurn } from './measure-logins.ts';
import { measureMemory, measureSecondStart } from './measure-rest.ts';
import { measureIntrospection, measureTokens, measureTokensInMemory, measureUserinfo } from './measure-tokens.ts';
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
  const results = await measure(values);
  process.stdout.write(`\n${table(results)}\n`);
  if (values.json !== undefined) await writeFile(values.json, toJson(results));
  const missed = results.filter((result) => isMet(result) === false).map(({ name }) => name);
  process.stdout.write(missed.length === 0 ? '\nEvery bar was met.\n' : `\nMissed: ${missed.join(', ')}.\n`);
}

async function measure(options: {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly profile?: string;
}): Promise<readonly Result[]> {
  const undo: (() => Promise<void>)[] = [];
  try {
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
  } finally {
    for (const stop of undo.toReversed()) await stop();
  }
}

await main();
