/** The load: so many requests or logins at a time until a count is reached; run in a process of its own (load-process.ts). */
import { verify } from '@node-rs/argon2';
import { Pool } from 'undici';
import { loginSteps, runLogin } from './login.ts';
import type { LoginStep } from './login.ts';
import type { Target } from './target.ts';

/** One request, asked again and again: with several bodies or tokens, each in turn. */
export interface RequestJob {
  readonly kind: 'requests';
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** Each request takes the next of these. */
  readonly variants: readonly {
    /** Instead of the job's own. */
    readonly path?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  }[];
  /** In every answer; else the run has failed. */
  readonly expected: string;
  readonly count: number;
  readonly concurrency: number;
}

export interface LoginJob {
  readonly kind: 'logins';
  readonly target: Target;
  readonly count: number;
  readonly concurrency: number;
}

/** What a password hash costs where nothing else runs. */
export interface HashJob {
  readonly kind: 'hashes';
  readonly hash: string;
  readonly password: string;
  readonly count: number;
}

export type Job = RequestJob | LoginJob | HashJob;

export interface JobReport {
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds of each, by step of a login; one entry `each` otherwise. */
  readonly took: Readonly<Record<string, readonly number[]>>;
  readonly accessTokens: readonly string[];
}

export function runJob(job: Job): Promise<JobReport> {
  switch (job.kind) {
    case 'requests':
      return runRequests(job);
    case 'logins':
      return runLogins(job);
    case 'hashes':
      return runHashes(job);
  }
}

/** @param work told which one it is, and which of the `concurrency` lanes it runs in */
async function timed(
  count: number,
  concurrency: number,
  work: (index: number, lane: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const since = performance.now();
  const run = async (lane: number): Promise<void> => {
    while (next < count) await work(next++, lane);
  };
  await Promise.all(Array.from({ length: concurrency }, (_, lane) => run(lane)));
  return (performance.now() - since) / 1000;
}

async function runRequests(job: RequestJob): Promise<JobReport> {
  const pool = new Pool(job.origin, { connections: job.concurrency, pipelining: 1 });
  const each: number[] = [];
  const seconds = await timed(job.count, job.concurrency, async (index) => {
    const variant = job.variants[index % job.variants.length];
    const since = performance.now();
    const answer = await pool.request({ path: job.path, method: job.method, ...variant });
    const text = await answer.body.text();
    each.push(performance.now() - since);
    if (!text.includes(job.expected)) throw new Error(`${job.path} answered ${String(answer.statusCode)}: ${text}`);
  });
  await pool.close();
  return { seconds, perSecond: job.count / seconds, took: { each }, accessTokens: [] };
}

async function runLogins({ target, count, concurrency }: LoginJob): Promise<JobReport> {
  const pool = new Pool(target.origin, { connections: concurrency, pipelining: 1 });
  const took: Record<LoginStep | 'each', number[]> = {
    ...(Object.fromEntries(loginSteps.map((step) => [step, []])) as unknown as Record<LoginStep, number[]>),
    each: [],
  };
  const accessTokens: string[] = [];
  const seconds = await timed(count, concurrency, async (_index, lane) => {
    const person = target.people[lane % target.people.length];
    if (person === undefined) throw new Error('nobody can sign in here');
    const { steps, accessToken } = await runLogin(pool, target, person);
    for (const step of loginSteps) took[step].push(steps[step]);
    took.each.push(loginSteps.reduce((sum, step) => sum + steps[step], 0));
    accessTokens.push(accessToken);
  });
  await pool.close();
  return { seconds, perSecond: count / seconds, took, accessTokens };
}

async function runHashes({ hash, password, count }: HashJob): Promise<JobReport> {
  const each: number[] = [];
  const seconds = await timed(count, 1, async () => {
    const since = performance.now();
    if (!(await verify(hash, password))) throw new Error('the hash is not of this password');
    each.push(performance.now() - since);
  });
  return { seconds, perSecond: count / seconds, took: { each }, accessTokens: [] };
}
