/** A source made into a version, or refused with the line and the column that are to blame. */
import { createHash } from 'node:crypto';
import {
  executionPoints,
  modulesOfPoints,
  type CompileRequest,
  type CompileResult,
  type ExecutionPoint,
  type Problem,
  type Script as Compiled,
} from '../../scripts-runtime/index.ts';
import { PlatformError } from '../kernel/errors.ts';
import { scriptVersionId, type ScriptVersionId, type TenantId } from '../kernel/ids.ts';

/** UTF-8 bytes of a source. */
export const longestSource = 256 * 1024;

export interface ReadSource {
  readonly version: ScriptVersionId;
  readonly source: string;
  readonly compiled: Compiled;
}

export interface ScriptCompiler {
  /**
   * @param pointer where the source was given
   * @throws PlatformError `unprocessable_entity` with `line` and `column` in its details, counted from 1; `unavailable`
   */
  read(tenant: TenantId, source: string, pointer: string): Promise<ReadSource>;
}

export function createScriptCompiler(deps: {
  readonly compile: (request: CompileRequest) => Promise<CompileResult>;
}): ScriptCompiler {
  return {
    async read(tenant, source, pointer) {
      if (Buffer.byteLength(source) > longestSource)
        throw refusal(pointer, [{ code: 'too_long', message: `a script has at most ${String(longestSource)} bytes` }]);
      const named = pointNamedIn(source);
      const result = await deps.compile({ tenant, source, point: named ?? 'post_authn_ctx' });
      switch (result.kind) {
        case 'ok': {
          const version = scriptVersionId(createHash('sha256').update(source).digest('hex'));
          return { version, source, compiled: result.script };
        }
        case 'refused':
          throw refusal(pointer, result.problems);
        case 'busy':
        case 'host_crash':
          throw new PlatformError('unavailable', 'Scripts cannot be read just now: try again in a moment.', {
            cause: result.message,
            retryAfterSeconds: 5,
          });
      }
    },
  };
}

/** The point whose module a source imports; which one it is in truth, its compilation shows. */
function pointNamedIn(source: string): ExecutionPoint | undefined {
  return executionPoints.find((point) => ["'", '"'].some((q) => source.includes(`${q}${modulesOfPoints[point]}${q}`)));
}

function refusal(pointer: string, problems: readonly Problem[]): PlatformError {
  const details = problems.slice(0, 20).map(({ code, message, line, column }) => ({
    pointer,
    message: line === undefined ? message : `line ${String(line)}, column ${String(column ?? 1)}: ${message}`,
    code,
    ...(line === undefined ? {} : { line, column: column ?? 1 }),
  }));
  const [first] = details;
  return new PlatformError('unprocessable_entity', `The script is refused: ${first?.message ?? 'it is no script'}`, {
    details,
  });
}
