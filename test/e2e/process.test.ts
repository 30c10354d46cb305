/** The process at the terminal: one command for everything, one clear sentence for what is wrong, and nothing left behind. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { coreHistory } from '../../server/db/migration.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { freePort } from '../support/free-port.ts';
import { isRunning, startProgram } from '../support/own-process.ts';

const pidFile = z.object({ pid: z.int() });

/** Tries until it no longer fails; its last failure after half a minute. */
async function until<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const done = await work()
      .then((value) => ({ value }))
      .catch(() => undefined);
    if (done !== undefined) return done.value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return work();
}

describe('the process', function () {
  this.timeout(90_000);
  let folder: string;
  let port: number;
  let env: Readonly<Record<string, string>>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-process-'));
    port = await freePort();
    env = { DATA_DIR: folder, HTTP_PORT: String(port), TEMPORAL_ADDRESS: '127.0.0.1:1' };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** What it says when it cannot start; all of it, since nobody reads a stack trace. */
  async function refusal(words: readonly string[], more: Readonly<Record<string, string>>): Promise<string> {
    const program = startProgram(words, { ...env, ...more });
    const code = await program.ended;
    assert.equal(code !== 0 && code !== null, true, `it ended with ${String(code)}`);
    assert.doesNotMatch(program.output(), /^\s+at .*\.ts:\d+/m, program.output());
    return program.output();
  }

  for (const [name, holds, may] of [
    ['HTTP_PORT', 'eighty', /1.*65535/],
    ['LOG_LEVEL', 'loud', /debug, info, warn, error/],
    ['DATABASE_URL', 'postgres://localhost/x', /sqlite:|mysql:/],
    ['PUBLIC_URL', 'not an address', /https? URL/],
    ['TEMPORAL_ADDRESS', 'nowhere', /host:port|port/],
  ] as const) {
    it(`names ${name}, what it holds («${holds}») and what it may hold`, async () => {
      const said = await refusal(['http'], { [name]: holds });
      assert.match(said, new RegExp(name));
      if (name !== 'DATABASE_URL') assert.ok(said.includes(holds), said);
      assert.match(said, may);
      assert.deepEqual(await readdir(folder), [], 'nothing half-done');
    });
  }

  it('names every variable that is wrong, and shows no secret', async () => {
    const said = await refusal(['all'], { HTTP_PORT: 'x', LOG_FORMAT: 'xml', ROOT_CLIENT_SECRET: 'short-secret' });
    for (const name of ['HTTP_PORT', 'LOG_FORMAT', 'ROOT_CLIENT_SECRET']) assert.match(said, new RegExp(name));
    assert.doesNotMatch(said, /short-secret/);
  });

  it('knows its roles', async () => {
    assert.match(await refusal(['everything'], {}), /«everything» is no role: say one of all, http, worker/);
  });

  it('explains every setting at --help', async () => {
    const program = startProgram(['--help'], {});
    assert.equal(await program.ended, 0);
    for (const name of ['HTTP_PORT', 'DATABASE_URL', 'TEMPORAL_ADDRESS', 'MASTER_KEY']) {
      assert.match(program.output(), new RegExp(`^ +${name}\\b`, 'm'));
    }
  });

  it('takes settings that are no secrets as flags, before the environment, and names flags it does not know', async () => {
    assert.match(await refusal(['http', '--http-port=eighty'], {}), /HTTP_PORT.*eighty/s);
    assert.match(await refusal(['--http-prot=8081'], {}), /http-prot/i);
  });

  it('says which port another program has', async () => {
    const other: Server = createServer();
    await new Promise<void>((listening) => other.listen(port, '127.0.0.1', listening));
    try {
      const said = await refusal(['http'], {});
      assert.match(said, new RegExp(`HTTP_PORT.*${String(port)}.*another program listens`, 's'));
    } finally {
      await new Promise((closed) => other.close(closed));
    }
  });

  it('says that the database cannot be reached, without its password', async () => {
    const said = await refusal(['http'], { DATABASE_URL: 'mysql://gate:open-sesame@127.0.0.1:1/gatehouse' });
    assert.match(said, /database/i);
    assert.match(said, /127\.0\.0\.1:1\b/);
    assert.doesNotMatch(said, /open-sesame/);
  });

  it('refuses a database that a newer version has changed, and leaves it as it is', async () => {
    const url = `sqlite:${join(folder, 'gatehouse.db')}`;
    const first = startProgram(['http'], env);
    await first.says('Gatehouse is ready.');
    first.signal('SIGTERM');
    assert.equal(await first.ended, 0);
    const knex = await openDatabase({ url });
    await knex(coreHistory).insert({ name: '9999_of_the_future', batch: 99, migration_time: new Date().toISOString() });
    await knex.destroy();
    const said = await refusal(['http'], {});
    assert.match(said, /9999_of_the_future/);
    const after = await openDatabase({ url });
    assert.equal((await after('tenants').select('id')).length, 2);
    await after.destroy();
  });

  it('says that Temporal cannot be reached, where one is configured', async () => {
    const said = await refusal(['all'], {});
    assert.match(said, /Temporal.*127\.0\.0\.1:1|127\.0\.0\.1:1.*Temporal/s);
  });

  it('leaves no Temporal behind when it is stopped while it still starts', async () => {
    const { TEMPORAL_ADDRESS: _none, ...alone } = env;
    const ports = { TEMPORAL_PORT: String(await freePort()), TEMPORAL_UI_PORT: String(await freePort()) };
    const program = startProgram(['all'], { ...alone, ...ports });
    const pid = await until(
      async () => pidFile.parse(JSON.parse(await readFile(join(folder, 'temporal.pid'), 'utf8'))).pid,
    );
    program.signal('SIGTERM');
    assert.equal(await program.ended, 0);
    await until(async () => {
      if (await isRunning(pid)) throw new Error('Temporal still runs');
    });
  });

  it('ends what a killed one left behind when it is started again, and leaves nothing itself', async () => {
    const { TEMPORAL_ADDRESS: _none, ...alone } = env;
    const ports = { TEMPORAL_PORT: String(await freePort()), TEMPORAL_UI_PORT: String(await freePort()) };
    const temporal = async () => pidFile.parse(JSON.parse(await readFile(join(folder, 'temporal.pid'), 'utf8'))).pid;
    const killed = startProgram(['all'], { ...alone, ...ports });
    const orphan = await until(temporal);
    killed.signal('SIGKILL');
    await killed.ended;
    const next = startProgram(['all'], { ...alone, ...ports });
    await next.says('Ctrl-C stops everything.');
    const own = await temporal();
    assert.notEqual(own, orphan);
    assert.deepEqual([await isRunning(orphan), await isRunning(own)], [false, true]);
    next.signal('SIGTERM');
    assert.equal(await next.ended, 0);
    await until(async () => {
      if (await isRunning(own)) throw new Error('Temporal still runs');
    });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`brings everything with one command, and leaves no process behind at ${signal}`, async () => {
      const { TEMPORAL_ADDRESS: _none, ...alone } = env;
      const temporalPort = await freePort();
      const uiPort = await freePort();
      const program = startProgram(['all'], {
        ...alone,
        TEMPORAL_PORT: String(temporalPort),
        TEMPORAL_UI_PORT: String(uiPort),
      });
      await program.says('Ctrl-C stops everything.');
      const said = program.output();
      assert.match(said, new RegExp(`http://localhost:${String(port)}/default/demo/demo`));
      assert.match(said, new RegExp(`:${String(uiPort)}`));
      assert.match(said, /Demo user .*ada@example\.com/);
      assert.match(said, /Root secret +\S{20,}/);
      assert.equal((await fetch(`http://localhost:${String(port)}/default/demo/demo`)).status, 200);
      const { pid } = pidFile.parse(JSON.parse(await readFile(join(folder, 'temporal.pid'), 'utf8')));
      assert.equal(await isRunning(pid), true);

      program.signal(signal);
      assert.equal(await program.ended, 0);
      assert.equal(await isRunning(pid), false, 'Temporal ended with it');
      assert.equal((await readdir(folder)).includes('temporal.pid'), false);
      await assert.rejects(fetch(`http://localhost:${String(port)}/alive`));
      await assert.rejects(fetch(`http://localhost:${String(uiPort)}/`));
    });
  }
});
