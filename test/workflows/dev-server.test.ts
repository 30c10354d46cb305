/** The development server: one for each data folder, stopped with its owner, and clear about what is in its way. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectWithin } from '../../workflows/connection.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { startTemporal, type RunningTemporal } from '../../workflows/dev-server.ts';
import { TemporalUnavailable } from '../../workflows/errors.ts';
import { ensureSearchAttributes, type AdministeredConnection } from '../../workflows/search-attributes.ts';
import { careFor, careForChild } from '../support/caretaker.ts';
import { freePort } from '../support/free-port.ts';
import { isRunning } from '../support/own-process.ts';
import { uncollected } from '../support/uncollected.ts';

const starter = fileURLToPath(new URL('../support/run-temporal.ts', import.meta.url));

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

describe('startTemporal', function () {
  this.timeout(240_000);
  let dataDir: string;
  let takeBack: () => void;
  const running: RunningTemporal[] = [];
  const onProgress = (): undefined => undefined;
  const start = async (port: number, uiPort?: number): Promise<RunningTemporal> => {
    const server = await startTemporal({ port, uiPort, dataDir, onProgress });
    running.push(server);
    return server;
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-dev-server-'));
    takeBack = careFor({ temporal: dataDir, folder: dataDir });
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
    await rm(dataDir, { recursive: true, force: true });
    takeBack();
  });

  it('serves with the search attributes of a login and its Web UI, and is gone after stop', async () => {
    const [port, uiPort] = [await freePort(), await freePort()];
    const server = await start(port, uiPort);
    assert.equal(server.address, `127.0.0.1:${String(port)}`);
    assert.match(server.chosen, /temporal 1\./);
    const connection = await connectWithin({ address: server.address }, 'default', 5000);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    for (const name of searchAttributeNames) assert.ok(name in customAttributes, name);
    await connection.close();
    assert.ok(server.uiUrl !== undefined && (await fetch(server.uiUrl)).ok);

    await server.stop();
    assert.equal(await isRunning(server.pid ?? 0), false);
    await assert.rejects(connectWithin({ address: server.address }, 'default', 500), TemporalUnavailable);
  });

  it('says in one sentence which port is taken, and how to take another', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      await assert.rejects(start(port), (error) => {
        assert.ok(error instanceof TemporalUnavailable);
        return error.message.includes(String(port)) && error.message.includes('TEMPORAL_PORT');
      });
      await assert.rejects(start(await freePort(), port), /TEMPORAL_UI_PORT/);
    } finally {
      squatter.close();
    }
  });

  it('tells the end of what the server said when it does not start, after three times', async () => {
    await mkdir(join(dataDir, 'temporal.db'));
    const lines: string[] = [];
    const place = { port: await freePort(), dataDir, onProgress: (line: string) => lines.push(line) };
    await assert.rejects(startTemporal(place), (error) => {
      assert.ok(error instanceof TemporalUnavailable);
      return /did not start .*database|unable to open/i.test(error.message);
    });
    assert.equal(lines.filter((line) => line.endsWith('it is started again.')).length, 2);
  });

  it('starts when what was in its way the first time is gone', async () => {
    const blocking = join(dataDir, 'temporal.db');
    await mkdir(blocking);
    const lines: string[] = [];
    const onProgress = (line: string): void => {
      lines.push(line);
      if (line.endsWith('it is started again.')) rmdirSync(blocking);
    };
    const server = await startTemporal({ port: await freePort(), dataDir, onProgress });
    running.push(server);
    const connection = await connectWithin({ address: server.address }, 'default', 5000);
    await connection.close();
    assert.equal(lines.length, 1);
    const remembered: unknown = JSON.parse(await readFile(join(dataDir, 'temporal.pid'), 'utf8'));
    assert.equal((remembered as { pid: number }).pid, server.pid);
  });

  it('shares the server of a process that runs, and leaves it running', async () => {
    const owner = await start(await freePort());
    const guest = await start(await freePort());
    assert.equal(guest.address, owner.address);
    await guest.stop();
    const connection = await connectWithin({ address: owner.address }, 'default', 5000);
    await connection.close();
  });

  it('stops the orphan of a process that was killed, and starts on the same data and port', async () => {
    const port = await freePort();
    const owner = fork(starter, [dataDir, String(port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    careForChild(owner);
    const [orphan] = (await once(owner, 'message')) as [number];
    await end(owner, 'SIGKILL');
    const server = await start(port);
    assert.equal(await isRunning(orphan), false);
    assert.notEqual(server.pid, orphan);
  });

  describe('where the server of another process runs on the folder', () => {
    const idle = fileURLToPath(new URL('../support/idle.ts', import.meta.url));
    const here: ChildProcess[] = [];
    afterEach(async () => {
      for (const child of here.splice(0)) if (child.exitCode === null && child.signalCode === null) await end(child);
    });
    const spawned = (program: string, ...words: readonly string[]): ChildProcess & { readonly pid: number } => {
      const child = fork(program, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      careForChild(child);
      here.push(child);
      const { pid = 0 } = child;
      return Object.assign(child, { pid });
    };
    /** Something that never ends by itself, with the folder's database on its command line, as the server has it. */
    const serverOf = async (owner: { readonly pid: number; readonly life?: string }) => {
      const server = spawned(idle, join(dataDir, 'temporal.db'));
      const said = { pid: server.pid, owner: owner.pid, ownerLife: owner.life, address: '127.0.0.1:1' };
      await writeFile(join(dataDir, 'temporal.pid'), JSON.stringify(said));
      return server;
    };
    const guestElsewhere = async (): Promise<ChildProcess> => {
      const guest = spawned(starter, dataDir, '1');
      assert.deepEqual(await once(guest, 'message'), [0, undefined], 'it shares one');
      return guest;
    };

    it('takes no dead process for an owner, be it that nobody has collected it or that another has its pid', async () => {
      const dead = await uncollected();
      try {
        for (const owner of [{ pid: dead.pid }, { pid: process.pid, life: 'another one' }]) {
          const orphan = await serverOf(owner);
          const server = await start(await freePort());
          assert.equal(await isRunning(orphan.pid), false);
          await server.stop();
        }
      } finally {
        dead.collect();
      }
    });

    it('leaves it running while its owner does, whoever shared it was killed or stops', async () => {
      const server = await serverOf(spawned(idle));
      await end(await guestElsewhere());
      await (await start(1)).stop();
      assert.equal(await isRunning(server.pid), true);
    });

    it('ends it with the last who shares it, where its owner was killed', async () => {
      const owner = spawned(idle);
      const server = await serverOf(owner);
      await end(await guestElsewhere());
      const other = await guestElsewhere();
      const guest = await start(1);
      await end(owner);
      await guest.stop();
      assert.equal(await isRunning(server.pid), true, 'somebody else uses it');
      await end(other, 'SIGTERM');
      assert.equal(await isRunning(server.pid), false);
      assert.deepEqual(await readdir(dataDir), []);
    });

    it('leaves alone what somebody else has started in its place', async () => {
      const owner = spawned(idle);
      await serverOf(owner);
      const guest = await start(1);
      await end(owner);
      const another = await serverOf(spawned(idle));
      await guest.stop();
      assert.equal(await isRunning(another.pid), true);
    });
  });

  it('is started again on its data and port when it is killed, and is remembered by its new pid', async () => {
    const port = await freePort();
    const lines: string[] = [];
    const keep = {
      onCrash: (line: string) => lines.push(line),
      onGivenUp: (error: Error) => lines.push(error.message),
    };
    const server = await startTemporal({ port, dataDir, onProgress, keep });
    running.push(server);
    const first = server.pid ?? 0;
    process.kill(first, 'SIGKILL');
    while (server.pid === first) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(lines, ['Temporal ended (SIGKILL) and is started again.']);
    const connection = await connectWithin({ address: server.address }, 'default', 5000);
    await connection.close();
    const remembered: unknown = JSON.parse(await readFile(join(dataDir, 'temporal.pid'), 'utf8'));
    assert.equal((remembered as { pid: number }).pid, server.pid);
    const second = server.pid ?? 0;
    await server.stop();
    assert.deepEqual([await isRunning(first), await isRunning(second)], [false, false]);
  });

  it("does not touch a stranger's process whose pid stands in an old file", async () => {
    const stranger = fork(fileURLToPath(new URL('../support/idle.ts', import.meta.url)));
    careForChild(stranger);
    try {
      const old = { pid: stranger.pid, owner: 2 ** 22 + 1, address: '127.0.0.1:1' };
      await writeFile(join(dataDir, 'temporal.pid'), JSON.stringify(old));
      const server = await start(await freePort());
      assert.equal(await isRunning(stranger.pid ?? 0), true);
      const remembered: unknown = JSON.parse(await readFile(join(dataDir, 'temporal.pid'), 'utf8'));
      assert.equal((remembered as { pid: number }).pid, server.pid);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('uses the cluster that an address names, and starts nothing', async () => {
    const cluster = await start(await freePort());
    const lines: string[] = [];
    const place = {
      cluster: { address: cluster.address },
      port: 1,
      dataDir,
      onProgress: (line: string) => lines.push(line),
    };
    const used = await startTemporal(place);
    assert.equal(used.address, cluster.address);
    assert.equal(used.pid, undefined);
    assert.match(used.chosen, /cluster at 127\.0\.0\.1/);
    assert.deepEqual(lines, []);
    await used.stop();
    assert.equal(await isRunning(cluster.pid ?? 0), true);
  });

  it('says where it looked when no cluster answers there', async () => {
    const address = `127.0.0.1:${String(await freePort())}`;
    const attempt = startTemporal({ cluster: { address }, port: 1, dataDir, onProgress });
    await assert.rejects(attempt, (error) => error instanceof TemporalUnavailable && error.message.includes(address));
  });

  it('names the namespace that a cluster lacks', async () => {
    const { address } = await start(await freePort());
    const attempt = startTemporal({ cluster: { address }, namespace: 'logins', port: 1, dataDir, onProgress });
    await assert.rejects(attempt, /namespace logins/);
  });

  it('names the search attributes that an administrator has to add, where we may not', async () => {
    const denied = () => Promise.reject(new Error('permission denied'));
    const connection: AdministeredConnection = {
      withDeadline: (_deadline, call) => call(),
      operatorService: { listSearchAttributes: denied, addSearchAttributes: denied },
    };
    await assert.rejects(ensureSearchAttributes(connection, 'default'), /TenantId, WorkspaceId/);
  });
});
