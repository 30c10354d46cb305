/** Reads a source without running it for anybody: its shape, its syntax, and what it says about itself. */
import { stripTypeScriptTypes } from 'node:module';
import { createShell, furnish, loadClassic, loadTyped, silence } from './isolate.ts';
import type { Place, PlaceDeps } from './isolate.ts';
import type { CompileMessage, CompiledSource } from './messages.ts';
import { watchOver } from './watch.ts';

type Refused = Extract<CompiledSource, { kind: 'refused' }>;

export async function compileSource(deps: PlaceDeps, message: CompileMessage): Promise<CompiledSource> {
  const shell = createShell(deps, message.limits.heapMb);
  const { isolate } = shell;
  const watch = watchOver(isolate, message.limits, deps.init.slackMb);
  try {
    const settings = { seed: '0'.repeat(64), at: 0, effects: [], durable: false, absent: [], limits: message.limits };
    return await read(furnish(deps, shell, settings, silence), message);
  } catch (error) {
    const fault = watch.fault();
    return fault
      ? { kind: 'refused', code: 'failed', message: `reading the script ended by its limit of ${fault}` }
      : refusalOf(error, 'failed');
  } finally {
    watch.stop();
    if (!isolate.isDisposed) isolate.dispose();
  }
}

async function read(place: Place, { source, modules }: CompileMessage): Promise<CompiledSource> {
  const asIs = await shapeOf(place, source);
  if (typeof asIs === 'string') return describe(place, asIs, source, modules);
  const stripped = strip(source);
  if (typeof stripped !== 'string') return stripped.code === 'unsupported_syntax' ? stripped : asIs;
  const shape = await shapeOf(place, stripped);
  return typeof shape === 'string' ? describe(place, shape, stripped, modules) : shape;
}

/** Which of the two parses it: what parses as both is classic, whose rules are the laxer ones. */
async function shapeOf({ isolate }: Place, code: string): Promise<'classic' | 'typed' | Refused> {
  const refusals: Refused[] = [];
  const prefix = '(function (exports, require, module) {';
  try {
    await isolate.compileScript(`${prefix}${code}\n})`, { filename: 'script', columnOffset: -prefix.length });
    return 'classic';
  } catch (error) {
    refusals.push(refusalOf(error, 'syntax'));
  }
  try {
    await isolate.compileModule(code, { filename: 'script' });
    return 'typed';
  } catch (error) {
    refusals.push(refusalOf(error, 'syntax'));
  }
  const [classic, typed] = refusals;
  const picked = /^\s*(import|export)\b/m.test(code) ? typed : classic;
  return picked ?? { kind: 'refused', code: 'syntax', message: 'the script does not compile' };
}

async function describe(
  place: Place,
  shape: 'classic' | 'typed',
  code: string,
  modules: readonly string[],
): Promise<CompiledSource> {
  const text =
    shape === 'classic'
      ? await place.guest.describeClassic(await loadClassic(place, code))
      : await place.guest.describe(await loadTyped(place, code, modules));
  const found: unknown = JSON.parse(typeof text === 'string' ? text : '{}');
  const { problem, stack, manifest } = readMembers(found);
  if (problem !== undefined) return { kind: 'refused', code: 'shape', message: problem, ...positionIn(stack ?? '') };
  return { kind: 'ok', shape, code, manifest: JSON.stringify(manifest ?? null) };
}

function readMembers(found: unknown): {
  readonly problem?: string;
  readonly stack?: string;
  readonly manifest?: unknown;
} {
  if (typeof found !== 'object' || found === null) return {};
  return {
    ...('problem' in found && typeof found.problem === 'string' ? { problem: found.problem } : {}),
    ...('stack' in found && typeof found.stack === 'string' ? { stack: found.stack } : {}),
    ...('manifest' in found ? { manifest: found.manifest } : {}),
  };
}

/** JavaScript in which blanks stand where types stood, or why it cannot be had by leaving something out. */
function strip(source: string): string | Refused {
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'refused', code: 'syntax', message: 'the script does not compile' };
    const unsupported = 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
    // Node shows the place above the message: `:line`, the lines themselves, and a caret below the column.
    const line = /^[^\n]*:(\d+)\n/.exec(error.stack ?? '')?.[1];
    const caret = /^( *)\^/m.exec(error.stack ?? '')?.[1];
    return {
      kind: 'refused',
      code: unsupported ? 'unsupported_syntax' : 'syntax',
      message: error.message.slice(0, 1000),
      ...(line === undefined ? {} : { line: Number(line) }),
      ...(caret === undefined ? {} : { column: caret.length + 1 }),
    };
  }
}

function refusalOf(error: unknown, code: string): Refused {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const place = / \[script:\d+:\d+\]/.exec(text)?.[0] ?? '';
  const where = positionIn(place === '' && error instanceof Error ? (error.stack ?? '') : place);
  return { kind: 'refused', code, message: text.replace(place, '').slice(0, 1000), ...where };
}

function positionIn(text: string): { readonly line?: number; readonly column?: number } {
  const [, line, column] = /\bscript:(\d+):(\d+)/.exec(text) ?? [];
  return line === undefined || column === undefined ? {} : { line: Number(line), column: Number(column) };
}
