/** `npm start` brings a Temporal of its own, and keeps it: a login goes on after its crash, and one that cannot live ends all. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { mostCrashes } from '../../workflows/temporal-keeper.ts';
import { createPerson } from '../chaos/person.ts';
import { freePort } from '../support/free-port.ts';
import { isRunning, startProgram, type StartedProgram } from '../support/own-process.ts';
import { createWebBrowser } from '../support/web-browser.ts';

const pidFile = z.object({ pid: z.int() });
const password = 'correct horse battery staple';

describe('a Temporal of its own that is killed', function () {
  this.timeout(120_000);
  let folder: string;
  let origin: string;
  let program: StartedProgram;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-crash-'));
    const port = await freePort();
    origin = `http://localhost:${String(port)}`;
    program = startProgram(['all'], {
      DATA_DIR: folder,
      HTTP_PORT: String(port),
      TEMPORAL_PORT: String(await freePort()),
      TEMPORAL_UI_PORT: String(await freePort()),
      DEMO_PASSWORD: password,
    });
    await program.says('Ctrl-C stops everything.');
  });
  afterEach(async () => {
    // It is over by then, unless the test has failed: then it stops what it started.
    program.signal('SIGTERM');
    await program.ended;
    await rm(folder, { recursive: true, force: true });
  });

  /** Of the one that runs, other than those before. */
  const temporalAfter = async (dead: ReadonlySet<number>): Promise<number> => {
    for (let attempt = 0; attempt < 600; attempt += 1) {
      const content = await readFile(join(folder, 'temporal.pid'), 'utf8').catch(() => '');
      const { pid } = content === '' ? { pid: 0 } : pidFile.parse(JSON.parse(content));
      if (pid !== 0 && !dead.has(pid) && (await isRunning(pid))) return pid;
      await delay(50);
    }
    throw new Error(`no Temporal was started again:\n${program.output()}`);
  };
  const linesOf = (text: string): readonly string[] =>
    program
      .output()
      .split('\n')
      .filter((line) => line.includes(text));

  it('is started again, says so in one line, and a login goes on where it was; Ctrl-C leaves nothing', async () => {
    const browser = createWebBrowser(origin);
    const person = createPerson(browser, { identifier: 'ada', password, consent: 'allow' });
    const start = await browser.open('/default/demo/demo');
    const login = await browser.submit(start, '/demo/login');
    const consent = await person.fill(login);
    assert.ok(consent);

    const first = await temporalAfter(new Set());
    process.kill(first, 'SIGKILL');
    const second = await temporalAfter(new Set([first]));
    // The demonstration's own page asks nothing that a person has to fill in.
    await assert.rejects(person.arrive(consent), /led nowhere: 200 \/default\/demo\/demo /);
    assert.match((await browser.open('/default/demo/demo')).text, /Hello, Ada/);
    assert.deepEqual(person.entered, ['/authenticate', '/consent'], 'nothing was asked twice');

    const lines = linesOf('Temporal ended');
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', /"level":"warn".*Temporal ended \(SIGKILL\) and is started again\./);
    program.signal('SIGINT');
    assert.equal(await program.ended, 0);
    assert.deepEqual([await isRunning(first), await isRunning(second)], [false, false]);
  });

  it('is given up after five crashes: one sentence, a failing exit, and no process left', async () => {
    const dead = new Set<number>();
    while (dead.size < mostCrashes) {
      const pid = await temporalAfter(dead);
      dead.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    assert.equal(await program.ended, 1);
    const said = linesOf('is not started again');
    assert.equal(said.length, 1, program.output());
    assert.match(said[0] ?? '', /^Temporal ended 5 times.*TEMPORAL_ADDRESS/);
    assert.doesNotMatch(program.output(), /^\s+at .*\.ts:\d+/m);
    for (const pid of dead) assert.equal(await isRunning(pid), false);
    await assert.rejects(fetch(`${origin}/alive`));
  });

  it('is not waited for by a Ctrl-C that comes while it is away', async () => {
    const first = await temporalAfter(new Set());
    process.kill(first, 'SIGKILL');
    await program.says('Temporal ended');
    program.signal('SIGINT');
    assert.equal(await program.ended, 0);
    await assert.rejects(readFile(join(folder, 'temporal.pid')), { code: 'ENOENT' });
  });
});
