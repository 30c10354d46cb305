/** Scripts beside nothing else: what one adds to a login that is warm, and how many run in a second. */
import { randomBytes } from 'node:crypto';
import { startScriptsRuntime } from '../../scripts-runtime/index.ts';
import type { RunRequest, ScriptsRuntime } from '../../scripts-runtime/index.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';
import { median, quantile } from './statistics.ts';

const source = 'module.exports = async (context) => ({ authn_ctx: { ...context.authn_ctx, tier: 1 } })';

/** Nothing is asked of it: what is measured is the way into an isolate and out again. */
const host: RunRequest['host'] = {
  fetch: () => Promise.reject(new Error('no network')),
  cache: { get: () => Promise.resolve(undefined), set: () => Promise.resolve(), incr: (_, by) => Promise.resolve(by) },
  spill: { put: () => Promise.resolve(), get: () => Promise.resolve(undefined) },
  now: Date.now,
  randomBytes,
};

export async function measureScripts({ size }: Pick<Setting, 'size'>): Promise<readonly Result[]> {
  const runtime = await startScriptsRuntime({ children: 2 });
  try {
    const compiled = await runtime.compile({ tenant: 'bench', source, point: 'post_authn_ctx' });
    if (compiled.kind !== 'ok') throw new Error(`the script does not compile: ${JSON.stringify(compiled)}`);
    const request = { tenant: 'bench', script: compiled.script, input: { authn_ctx: { sub: 'u' } }, secrets: {}, host };
    // Warm: the process, its compiler, and what V8 keeps of the program.
    for (let i = 0; i < 10; i++) await run(runtime, request);
    const times: number[] = [];
    const began = performance.now();
    for (let i = 0; i < size.requests; i++) times.push(await run(runtime, request));
    const perSecond = (size.requests * 1000) / (performance.now() - began);
    return [
      { name: 'scripts.p50', value: median(times), unit: 'ms', bar: { of: 'value', atMost: 10 } },
      { name: 'scripts.p95', value: quantile(times, 0.95), unit: 'ms' },
      { name: 'scripts.in-turn', value: perSecond, unit: '/s' },
    ];
  } finally {
    await runtime.stop();
  }
}

/** @returns from the request to its result. Milliseconds */
async function run(runtime: ScriptsRuntime, request: RunRequest): Promise<number> {
  const began = performance.now();
  const result = await runtime.run(request);
  if (result.kind !== 'ok') throw new Error(`the script failed: ${JSON.stringify(result)}`);
  return performance.now() - began;
}
