/** A scripts runtime for tests, and a host whose every call is counted. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createChildUse, type ChildUse } from '../../scripts-runtime/child-use.ts';
import { modulesOfPoints, startScriptsRuntime } from '../../scripts-runtime/index.ts';
import type {
  ChildIncident,
  ExecutionPoint,
  RunRequest,
  RunResult,
  Script,
  ScriptHost,
  ScriptsRuntime,
  ScriptsRuntimeOptions,
} from '../../scripts-runtime/index.ts';
import { loadProgram } from '../../scripts-runtime/program.ts';
import { classicManifest } from '../../scripts-runtime/script.ts';
import { digestOf } from '../../scripts-runtime/tape.ts';

export interface TestHost extends ScriptHost {
  readonly sent: {
    readonly url: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
  }[];
  readonly cached: Map<string, string>;
  readonly spilled: Map<string, Uint8Array>;
}

/** @param answer to each fetch */
export function testHost(
  answer: (url: string) => Response | Promise<Response> = () => Response.json({ score: 42 }),
): TestHost {
  const sent: TestHost['sent'][number][] = [];
  const cached = new Map<string, string>();
  const spilled = new Map<string, Uint8Array>();
  let at = 1_800_000_000_000;
  return {
    sent,
    cached,
    spilled,
    fetch(url, { method, headers }) {
      sent.push({ url, method, headers });
      return Promise.resolve(answer(url));
    },
    cache: {
      get: (key) => Promise.resolve(cached.get(key)),
      set: (key, value) => Promise.resolve(void cached.set(key, value)),
      incr(key, by) {
        const value = Number(cached.get(key) ?? 0) + by;
        cached.set(key, String(value));
        return Promise.resolve(value);
      },
    },
    spill: {
      put: (sha256, bytes) => Promise.resolve(void spilled.set(sha256, bytes)),
      get: (sha256) => Promise.resolve(spilled.get(sha256)),
    },
    now: () => (at += 7),
    randomBytes,
  };
}

/** Namespaces where there are any; CI says that there have to be. */
export async function testRuntime(options: ScriptsRuntimeOptions = {}): Promise<ScriptsRuntime> {
  try {
    return await startScriptsRuntime(options);
  } catch (error) {
    if (process.env['REQUIRE_NAMESPACES'] === '1') throw error;
    process.stdout.write(`      no namespaces here, so children are kept by Node alone: ${String(error)}\n`);
    return startScriptsRuntime({ ...options, isolation: 'none' });
  }
}

export async function compiled(
  runtime: ScriptsRuntime,
  source: string,
  point: ExecutionPoint = 'post_authn_ctx',
): Promise<Script> {
  const result = await runtime.compile({ tenant: 'acme', source, point });
  assert.equal(result.kind, 'ok', JSON.stringify(result));
  return result.script;
}

/** One that nobody had to compile. */
export const bareScript = (code: string): Script => ({
  shape: 'classic',
  point: 'post_authn_ctx',
  code,
  sha256: digestOf(code),
  manifest: classicManifest,
});

/**
 * Children that Node alone keeps, running another program than theirs.
 * @param programOf theirs makes the other one
 * @returns them, and what they did that was noticed
 */
export async function otherChildren(children: number, programOf: (own: string) => string) {
  const incidents: ChildIncident[] = [];
  const program = await loadProgram();
  const use: ChildUse = await createChildUse(
    { children, isolation: 'none', onIncident: (one) => incidents.push(one) },
    { ...program, child: programOf(program.child) },
  );
  return { use, incidents };
}

export type Ran = Exclude<RunResult, { kind: 'busy' }>;

/** Compiles and runs. */
export async function ran(
  runtime: ScriptsRuntime,
  source: string,
  request: Partial<RunRequest> & { readonly point?: ExecutionPoint } = {},
): Promise<Ran> {
  const { point, ...rest } = request;
  const script = rest.script ?? (await compiled(runtime, source, point));
  const result = await runtime.run({ tenant: 'acme', input: {}, secrets: {}, host: testHost(), ...rest, script });
  assert.ok(result.kind !== 'busy');
  return result;
}

/** A typed script with this body of `run`. */
export function typed(body: string, manifest = '', point: ExecutionPoint = 'post_authn_ctx'): string {
  return `import { defineScript } from '${modulesOfPoints[point]}';
export default defineScript({ runtime: '2026-11', ${manifest} async run(event, api) { ${body} } });`;
}

export type { ChildIncident, Script, ScriptsRuntime };
