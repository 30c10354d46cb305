/** Makes of a source what can be run, or says where it is wrong. */
import { randomBytes } from 'node:crypto';
import type { Child, ChildEnd } from './child-process.ts';
import type { ChildUse } from './child-use.ts';
import { isObject, readJson } from './json.ts';
import { bounds, defaultLimits, hardLimits } from './limits.ts';
import type { CompiledByChild } from './protocol.ts';
import { classicManifest, durableCalls, durablePoints, manifestSchema, modulesOfPoints } from './script.ts';
import type { CompileRequest, CompileResult, Problem } from './script.ts';
import { digestOf } from './tape.ts';

const graceMs = 1_000;

export async function compileOn(use: ChildUse, request: CompileRequest): Promise<CompileResult> {
  const bytes = Buffer.byteLength(request.source);
  if (bytes > hardLimits.sourceBytes)
    return refused({ code: 'too_long', message: `a script has at most ${String(hardLimits.sourceBytes)} bytes` });
  const lent = await use.with(request.tenant, async (next) => {
    const first = await compileIn(await next(), request);
    return 'end' in first ? compileIn(await next(), request) : first;
  });
  if (lent.kind !== 'done') return { kind: lent.kind === 'busy' ? 'busy' : 'host_crash', message: lent.message };
  const compiled = lent.value;
  if ('end' in compiled)
    return compiled.end.kind === 'crashed'
      ? { kind: 'host_crash', message: 'the process that read the script died twice' }
      : refused({ code: 'failed', message: `reading the script ended its process: ${compiled.end.kind}` });
  if (compiled.kind === 'refused') return refused(problemOf(compiled));
  return accepted(compiled, request);
}

type InChild = CompiledByChild | { readonly end: ChildEnd };

async function compileIn(child: Child, { source, point }: CompileRequest): Promise<InChild> {
  const id = randomBytes(16).toString('hex');
  const done = Promise.withResolvers<CompiledByChild>();
  const { cpuMs, wallMs, heapMb, consoleBytes } = {
    ...defaultLimits,
    cpuMs: hardLimits.cpuMs,
    heapMb: hardLimits.heapMb,
  };
  const timer = setTimeout(() => {
    child.kill('killed', 'it read a script longer than it may');
  }, wallMs + graceMs);
  child.listen((message) => {
    if (message.type === 'compiled' && message.id === id) done.resolve(message.result);
    else child.kill('forged', `"${message.type}" while it reads a script`);
  });
  const limits = { cpuMs, wallMs, heapMb, consoleBytes, calls: bounds.calls, outputChars: bounds.outputBytes };
  child.send({ type: 'compile', id, source, modules: [modulesOfPoints[point]], limits });
  const found = await Promise.race([done.promise, child.ended.then((end) => ({ end }))]);
  clearTimeout(timer);
  child.listen(undefined);
  return found;
}

function accepted(
  { shape, code, manifest: text }: Extract<CompiledByChild, { kind: 'ok' }>,
  request: CompileRequest,
): CompileResult {
  const { source, point } = request;
  const script = { shape, point, code, sha256: digestOf(source) };
  if (shape === 'classic') return { kind: 'ok', script: { ...script, manifest: classicManifest } };
  const said = readManifest(text);
  const manifest = manifestSchema.safeParse(said);
  if (!manifest.success)
    return refused(
      ...manifest.error.issues.map(({ path, message }): Problem => ({
        code: 'manifest',
        message: path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
      })),
    );
  const durable = manifest.data.effects.find((effect) => durableCalls.some((call) => call === effect));
  if (durable !== undefined && !durablePoints.includes(point))
    return refused({ code: 'durable_not_allowed', message: `"${durable}" makes a login wait, which ${point} cannot` });
  const unknown = manifest.data.net.flatMap(({ secretHeader = {} }) => secretsIn(Object.values(secretHeader)));
  const missing = unknown.find((name) => !manifest.data.secrets.includes(name));
  if (missing !== undefined)
    return refused({ code: 'manifest', message: `net: \${${missing}} is not among the secrets of this script` });
  return { kind: 'ok', script: { ...script, manifest: manifest.data } };
}

/** An isolate wrote it: read like everything else from there. */
function readManifest(text: string): unknown {
  try {
    const manifest = readJson(text);
    return isObject(manifest) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

function secretsIn(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [...text.matchAll(/\$\{([A-Za-z0-9_.-]+)\}/g)].map(([, name = '']) => name));
}

function problemOf({ code, message, line, column }: Extract<CompiledByChild, { kind: 'refused' }>): Problem {
  return { code, message, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
}

function refused(...problems: readonly Problem[]): CompileResult {
  return { kind: 'refused', problems };
}
