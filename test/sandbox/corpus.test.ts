/** Every hostile script succeeds against a careless runtime, and against this one none does; neighbours notice nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunResult, ScriptsRuntime } from '../../scripts-runtime/index.ts';
import { testHost, testRuntime } from '../support/scripts.ts';
import { asScript } from './contained.ts';
import { corpus } from './corpus.ts';
import type { Hostile } from './corpus.ts';

interface Seen {
  readonly ended: boolean;
  readonly died: boolean;
  readonly result: unknown;
}

/** Runs scripts carelessly, one after the other, and kills what does not end. */
async function sacrifice(scripts: readonly Hostile[], patienceMs: number): Promise<ReadonlyMap<string, Seen>> {
  const names = JSON.stringify(scripts.map(({ name }) => name));
  const weak = new URL('weak-runtime.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--no-warnings', '--unhandled-rejections=strict', weak, names], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  });
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { begun?: string; ended?: string; result?: unknown });
  return new Map(
    lines.flatMap(({ begun }) => {
      if (begun === undefined) return [];
      const end = lines.find(({ ended }) => ended === begun);
      return [
        [begun, { ended: end !== undefined, died: end === undefined && !child.killed, result: end?.result }] as const,
      ];
    }),
  );
}

const escaped = (result: unknown): boolean => (result as { escaped?: unknown } | null)?.escaped === true;

async function inTurn<T>(list: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...list];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
    }),
  );
}

/** Children of this process, and theirs. */
function descendants(pid: number): readonly number[] {
  try {
    const own = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
    return own.flatMap((one) => [one, ...descendants(one)]);
  } catch {
    return [];
  }
}

describe('the hostile corpus', function () {
  this.timeout(180_000);

  it('has at least sixty scripts, each with a name of its own', () => {
    assert.ok(corpus.length >= 60, String(corpus.length));
    assert.equal(new Set(corpus.map(({ name }) => name)).size, corpus.length);
  });

  it('gets out of a careless runtime, every script that wants out', async () => {
    const scripts = corpus.filter(({ aim }) => aim === 'escape');
    const seen = await sacrifice(scripts, 20_000);
    assert.deepEqual(
      scripts.filter(({ name }) => !escaped(seen.get(name)?.result)).map(({ name }) => [name, seen.get(name)?.result]),
      [],
    );
  });

  it('brings a careless runtime to a stand or down, every script that wants that', async () => {
    const scripts = corpus.filter(({ aim }) => aim !== 'escape');
    const failed: unknown[] = [];
    await inTurn(scripts, 3, async (one) => {
      const seen = (await sacrifice([one], 1_000)).get(one.name);
      const did =
        one.aim === 'crash' ? seen?.died === true || (seen !== undefined && !seen.ended) : seen?.ended === false;
      if (!did) failed.push([one.name, seen]);
    });
    assert.deepEqual(failed, []);
  });

  describe('in this runtime', () => {
    let runtime: ScriptsRuntime;
    let there: readonly number[];
    const results = new Map<string, RunResult>();
    const neighbours: RunResult[] = [];

    before(async () => {
      there = descendants(process.pid);
      runtime = await testRuntime({ children: 3 });
      const limits = { cpuMs: 300, wallMs: 2_000, heapMb: 16 };
      const net = [{ host: 'ok.example', methods: ['GET' as const] }];
      const work = { over: false };
      const neighbour = (async () => {
        const script = asScript({
          name: 'neighbour',
          aim: 'bomb',
          body: 'return { well: [...Array(100).keys()].length };',
        });
        while (!work.over) {
          neighbours.push(await runtime.run({ tenant: 'neighbour', script, input: {}, secrets: {}, host: testHost() }));
          await delay(50);
        }
      })();
      await inTurn(corpus, 2, async (one) => {
        results.set(
          one.name,
          await runtime.run({
            tenant: `hostile-${one.aim}`,
            script: asScript(one),
            input: {},
            secrets: {},
            net,
            limits,
            host: testHost(),
          }),
        );
      });
      work.over = true;
      await neighbour;
    });

    it('does not get out', () => {
      const out = [...results]
        .filter(([, result]) => result.kind === 'ok' && escaped(result.output))
        .map(([name]) => name);
      assert.deepEqual(out, []);
      assert.equal(results.size, corpus.length);
    });

    it('ends with a name for what it did, bombs above all', () => {
      const unnamed = corpus
        .filter(({ aim }) => aim !== 'escape')
        .map(({ name, aim }) => ({ name, aim, result: results.get(name) }))
        .filter(({ aim, result }) => result?.kind !== 'error' && !(aim === 'crash' && result?.kind === 'ok'))
        .map(({ name, result }) => [name, result?.kind]);
      assert.deepEqual(unnamed, []);
    });

    it('fails no neighbour', () => {
      assert.ok(neighbours.length > 10);
      assert.deepEqual([...new Set(neighbours.map(({ kind }) => kind))], ['ok']);
    });

    it('leaves no process behind', async () => {
      await runtime.stop();
      assert.deepEqual(
        descendants(process.pid).filter((pid) => !there.includes(pid)),
        [],
      );
    });
  });
});
