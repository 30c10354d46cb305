/** The bench runs, says all that it promises, and leaves nothing behind; how fast anything is, is not asked. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defaultCacheDir, findTemporalBinary } from '../../workflows/temporal-binary.ts';
import { careForChild } from '../support/caretaker.ts';
import { loginSteps } from './login.ts';

const promised = [
  ...['memory-idle', 'tokens', 'tokens-beside-memory', 'introspection', 'userinfo'],
  ...['logins-in-turn', 'cpu-per-login-in-turn', 'password-hash', 'password-step-beyond-hash'],
  ...loginSteps.flatMap((step) => [`step.${step}.p50`, `step.${step}.p95`]),
  ...['logins-at-once', 'cpu-per-login-at-once', 'memory-after-load', 'second-start'],
  ...['workspaces.made', 'workspaces.tokens.p95', 'workspaces.management.p95', 'workspaces.memory'],
  ...['made', 'list.p95', 'exact.p95', 'prefix.p95', 'prefix-of-all.p95', 'login.p50'].map((name) => `pool.${name}`),
  ...['pool.password-verify', 'pool.otp-verify'],
  'webhooks.deliveries',
  ...['login', 'call'].flatMap((what) => [`webhooks.from-${what}.p50`, `webhooks.from-${what}.p95`]),
  ...['scripts.p50', 'scripts.p95', 'scripts.in-turn', 'scripts.shadow', 'scripts.login', 'scripts.login.added'],
  ...['people.import', 'people.export', 'consents.import', 'consents.export'].flatMap((bulk) => [
    ...[bulk, `${bulk}.memory`, `${bulk}.login.p95`],
  ]),
  ...['password', 'imported-password', 'code', 'reset', 'registration'].flatMap((what) =>
    ['p50', 'p95', 'apart'].map((number) => `enumeration.${what}.${number}`),
  ),
];
const compared = [
  ...[
    'tokens',
    'tokens-beside-memory',
    'introspection',
    'userinfo',
    'logins-in-turn',
    'logins-at-once',
    'scripts.login',
  ],
  ...[
    'workspaces.tokens.p95',
    'workspaces.management.p95',
    ...['people', 'consents'].flatMap((bulk) => [`${bulk}.import.login.p95`, `${bulk}.export.login.p95`]),
  ],
  ...['list.p95', 'exact.p95', 'prefix.p95', 'prefix-of-all.p95', 'login.p50'].map((name) => `pool.${name}`),
];

const report = z.record(
  z.string(),
  z.strictObject({ value: z.number(), unit: z.enum(['MB', '/s', 'ms', 's', '%']), ratio: z.number().nullable() }),
);

interface Running {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly said: () => string;
  /** Resolves when it has said this. @throws when it ends before */
  says(text: string): Promise<void>;
  /** Exit code and signal. */
  readonly ended: Promise<readonly unknown[]>;
}

describe('npm run bench', function () {
  // All of it, however briefly, while two other files have the machine as well.
  this.timeout(300_000);
  let folder: string;

  before(async function () {
    try {
      await findTemporalBinary({
        cacheDir: defaultCacheDir(),
        searchPath: process.env['PATH'],
        onProgress: () => undefined,
      });
    } catch (error) {
      if (process.env['REQUIRE_TEMPORAL'] === '1') throw error;
      process.stdout.write(`      skipped, no Temporal: ${String(error)}\n`);
      this.skip(); // the line above has printed why
    }
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-test-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function start(...words: readonly string[]): Running {
    const child = spawn(process.execPath, ['test/bench/bench.ts', '--quick', ...words], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const keep = (chunk: Buffer): void => {
      said += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    careForChild(child);
    const ended = once(child, 'close');
    return {
      child,
      said: () => said,
      ended,
      async says(text) {
        while (!said.includes(text)) {
          if (child.exitCode !== null || child.signalCode !== null)
            throw new Error(`it never said "${text}":\n${said}`);
          await delay(20);
        }
      },
    };
  }

  async function assertNothingLeft(): Promise<void> {
    assert.deepEqual(await processesOf(folder), []);
    assert.deepEqual(await readdir(folder), []);
  }

  it('writes every number that it promises as {"name": {"value", "unit", "ratio"}}, and leaves nothing behind', async () => {
    const file = join(folder, 'result.json');
    const bench = start('--json', file);
    const [code] = await bench.ended;
    assert.equal(code, 0, bench.said());
    const found = report.parse(JSON.parse(await readFile(file, 'utf8')));
    assert.deepEqual(Object.keys(found).toSorted(), promised.toSorted());
    for (const name of compared) assert.ok(found[name]?.ratio !== null, name);
    for (const name of promised) assert.match(bench.said(), new RegExp(`^${name.replaceAll('.', '\\.')} `, 'm'));
    await rm(file);
    await assertNothingLeft();
  });

  it('takes only what it is told to, and knows what there is', async () => {
    const bench = start('--only', 'no-such-thing');
    assert.deepEqual(await bench.ended, [2, null]);
    assert.match(bench.said(), /--only .*memory-idle, tokens,/);
    await assertNothingLeft();
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`leaves nothing behind when ${signal} ends it`, async () => {
      const bench = start('--only', 'logins-at-once');
      await bench.says(signal === 'SIGINT' ? 'starting the platform' : 'measuring');
      bench.child.kill(signal);
      assert.deepEqual(await bench.ended, [code, null], bench.said());
      await assertNothingLeft();
    });
  }

  it('leaves nothing behind when it fails', async () => {
    const bench = start('--only', 'logins-at-once');
    await bench.says('measuring');
    const server = (await processesOf(folder)).find(({ words }) => words.endsWith(' server/start.js http'));
    assert.ok(server);
    process.kill(server.pid, 'SIGKILL');
    assert.deepEqual(await bench.ended, [1, null], bench.said());
    await assertNothingLeft();
  });
});

/** Who works below the folder, by the environment or the arguments it was started with. */
async function processesOf(folder: string): Promise<readonly { readonly pid: number; readonly words: string }[]> {
  const found: { readonly pid: number; readonly words: string }[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter((id) => id > 0 && id !== process.pid)) {
    const own = `/proc/${String(pid)}`;
    try {
      const words = await readFile(join(own, 'cmdline'), 'utf8');
      const environment = await readFile(join(own, 'environ'), 'utf8');
      if (`${words}${environment}`.includes(folder)) found.push({ pid, words: words.replaceAll('\0', ' ').trim() });
    } catch {
      // It has ended meanwhile, or is another person's.
    }
  }
  return found;
}
