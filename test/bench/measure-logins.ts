/** Whole logins: how many, what each costs, how long each step takes, and what comes on top of the password's hash. */
import type { JobReport } from './load.ts';
import { loginSteps } from './login.ts';
import { cpuMs } from './processes.ts';
import type { Result } from './result.ts';
import { interleaved } from './setting.ts';
import type { Setting } from './setting.ts';
import type { Side } from './sides.ts';
import { median, quantile, ratioOf } from './statistics.ts';

interface LoginsRun extends JobReport {
  /** Of all processes of the side, per login. */
  readonly cpuMs: number;
}

const reach = { of: 'ratio', atLeast: 0.4 } as const;

async function runOf({ load }: Setting, side: Side, count: number, concurrency: number): Promise<LoginsRun> {
  const before = await cpuMs(side.pids);
  const report = await load.run({ kind: 'logins', target: side.target, count, concurrency });
  return { ...report, cpuMs: ((await cpuMs(side.pids)) - before) / count };
}

const rates = (runs: readonly LoginsRun[]): readonly number[] => runs.map(({ perSecond }) => perSecond);
const costs = (runs: readonly LoginsRun[]): readonly number[] => runs.map((run) => run.cpuMs);
const times = (runs: readonly JobReport[], step: string): readonly number[] =>
  runs.flatMap(({ took }) => took[step] ?? []);

function pair(name: string, unit: string, ours: readonly number[], theirs: readonly number[]): Result {
  return { name, value: median(ours), unit, bare: median(theirs), ratio: ratioOf(ours, theirs) };
}

/** One login at a time: rate, cost, steps, and the password's step beyond the hash, measured in the same rounds. */
export async function measureLoginsInTurn(setting: Setting): Promise<readonly Result[]> {
  const { platform, bare, load, size } = setting;
  const { passwordHash: hash, people } = platform.place;
  const job = { kind: 'hashes', hash, password: people[0]?.password ?? '', count: size.loginsInTurn } as const;
  const logins = await interleaved<'platform' | 'bare' | 'hash', JobReport & { readonly cpuMs: number }>(size.rounds, {
    platform: () => runOf(setting, platform, size.loginsInTurn, 1),
    bare: () => runOf(setting, bare, size.loginsInTurn, 1),
    hash: async () => ({ ...(await load.run(job)), cpuMs: 0 }),
  });
  const steps = loginSteps.flatMap((step) =>
    [['p50', 0.5] as const, ['p95', 0.95] as const].map(([name, share]): Result => {
      const [ours, theirs] = [times(logins.platform, step), times(logins.bare, step)];
      return { name: `step.${step}.${name}`, value: quantile(ours, share), unit: 'ms', bare: quantile(theirs, share) };
    }),
  );
  const hashMs = quantile(times(logins.hash, 'each'), 0.5);
  const beyond = (runs: readonly JobReport[]): number => quantile(times(runs, 'password'), 0.5) - hashMs;
  return [
    { ...pair('logins-in-turn', '/s', rates(logins.platform), rates(logins.bare)), bar: reach },
    {
      ...pair('cpu-per-login-in-turn', 'ms', costs(logins.platform), costs(logins.bare)),
      bar: { of: 'value', atMost: 60 },
    },
    { name: 'password-hash', value: hashMs, unit: 'ms' },
    {
      name: 'password-step-beyond-hash',
      value: beyond(logins.platform),
      unit: 'ms',
      bare: beyond(logins.bare),
      bar: { of: 'value', atMost: 30 },
    },
    ...steps,
  ];
}

/** Eight logins at a time. */
export async function measureLoginsAtOnce(setting: Setting): Promise<readonly Result[]> {
  const { platform, bare, size } = setting;
  const logins = await interleaved(size.rounds, {
    platform: () => runOf(setting, platform, size.loginsAtOnce, 8),
    bare: () => runOf(setting, bare, size.loginsAtOnce, 8),
  });
  return [
    { ...pair('logins-at-once', '/s', rates(logins.platform), rates(logins.bare)), bar: reach },
    {
      ...pair('cpu-per-login-at-once', 'ms', costs(logins.platform), costs(logins.bare)),
      bar: { of: 'value', atMost: 60 },
    },
  ];
}
