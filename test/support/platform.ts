/** The whole platform for a test, as production runs it: Temporal, worker and server, each a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { careFor, careForChild } from './caretaker.ts';
import { freePort } from './free-port.ts';
import { startTestTemporal, type TestTemporal } from './temporal.ts';

/** One of our processes: it can be killed as a crash would, and started again where it was. */
export interface TestProcess {
  readonly pid: number;
  /** SIGKILL, and gone when this resolves. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Starts it (again) and waits until it serves. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** What it has written so far, standard output and error. */
  output(): string;
}

export interface TestPlatform {
  /** e.g. `http://localhost:43210` */
  readonly origin: string;
  /** Of the demonstration's workspace. */
  readonly issuer: string;
  readonly dataDir: string;
  readonly temporal: TestTemporal;
  readonly server: TestProcess;
  readonly worker: TestProcess;
  readonly person: {
    readonly email: string;
    readonly username: string;
    readonly phone: string;
    readonly password: string;
  };
  readonly rootClient: { readonly id: string; readonly secret: string };
  /** Stops everything and removes the data. */
  stop(): Promise<void>;
}

export interface TestPlatformOptions {
  /** `mysql://…`; a SQLite file of its own by default. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Started with the role as its argument; `server/start.js` by default. */
  readonly entry?: string;
}

const demoPassword = 'correct horse battery staple';
const readyWithinMs = 60_000;

export async function startTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-platform-'));
  const takeBack = careFor({ folder: dataDir });
  const temporal = await startTestTemporal();
  const port = await freePort();
  const origin = `http://localhost:${String(port)}`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: dataDir,
    HTTP_PORT: String(port),
    TEMPORAL_ADDRESS: temporal.address,
    DEMO_PASSWORD: demoPassword,
    LOG_LEVEL: 'info',
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.env,
  };
  const entry = options.entry ?? 'server/start.js';
  const server = ownProcess(entry, 'http', env, async () => (await fetch(`${origin}/alive`)).ok);
  const worker = ownProcess(entry, 'worker', env, (output) => Promise.resolve(output.includes('running logins')));
  await server.start();
  await worker.start();
  const secrets = z
    .object({ rootClientSecret: z.string() })
    .parse(JSON.parse(await readFile(join(dataDir, 'first-start.json'), 'utf8')));
  return {
    origin,
    issuer: `${origin}/default/demo`,
    dataDir,
    temporal,
    server,
    worker,
    person: { email: 'ada@example.com', username: 'ada', phone: '+44 20 7946 0958', password: demoPassword },
    rootClient: { id: 'system', secret: secrets.rootClientSecret },
    async stop() {
      await Promise.all([server.kill(), worker.kill()]);
      await temporal.stop();
      await rm(dataDir, { recursive: true, force: true });
      takeBack();
    },
  };
}

function ownProcess(
  entry: string,
  role: 'http' | 'worker',
  env: Readonly<Record<string, string>>,
  isReady: (output: string) => Promise<boolean>,
): TestProcess {
  let child: ChildProcess | undefined;
  let output = '';
  const ended = (of: ChildProcess): Promise<number | null> =>
    of.exitCode !== null || of.signalCode !== null
      ? Promise.resolve(of.exitCode)
      : new Promise((resolve) => of.once('exit', (code) => resolve(code)));

  return {
    get pid() {
      return child?.pid ?? 0;
    },
    output: () => output,
    async start(more = {}) {
      output = '';
      const started = spawn(process.execPath, [entry, role], {
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      // Also for a suite whose preparation fails: it never gets to stop what it started.
      careForChild(started);
      const keep = (chunk: Buffer): void => {
        output += chunk.toString();
      };
      started.stdout.on('data', keep);
      started.stderr.on('data', keep);
      const deadline = Date.now() + readyWithinMs;
      while (!(await isReady(output).catch(() => false))) {
        if (started.exitCode !== null)
          throw new Error(`the ${role} process ended with ${String(started.exitCode)}:\n${output}`);
        if (Date.now() > deadline) throw new Error(`the ${role} process was not ready in time:\n${output}`);
        await delay(50);
      }
    },
    async kill() {
      if (child === undefined) return;
      child.kill('SIGKILL');
      await ended(child);
    },
    async stop() {
      if (child === undefined) return null;
      child.kill('SIGTERM');
      return await ended(child);
    },
  };
}
