/** The composition root's part for scripts: what runs them, and what reads them. */
import type { ScriptsRuntime } from '../scripts-runtime/index.ts';
import { createLazyRuntime } from './extensions/lazy-runtime.ts';
import { createScriptCompiler, type ScriptCompiler } from './extensions/script-compiler.ts';
import type { Log } from './kernel/log.ts';

export interface ScriptParts {
  readonly scriptsRuntime: ScriptsRuntime;
  readonly scriptCompiler: ScriptCompiler;
}

export function composeScripts(log: Log, start: () => Promise<ScriptsRuntime>): ScriptParts {
  const scriptsRuntime = createLazyRuntime({
    start,
    onFailure: (error) => {
      log.error({ err: error }, 'scripts cannot run');
    },
  });
  return { scriptsRuntime, scriptCompiler: createScriptCompiler({ compile: scriptsRuntime.compile }) };
}
