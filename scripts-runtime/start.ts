/** Starts the scripts runtime: its program, its first child, and the queue before them. */
import { createChildUse } from './child-use.ts';
import { compileOn } from './compile.ts';
import { runScript } from './run-script.ts';
import type { ScriptsRuntime, ScriptsRuntimeOptions } from './runtime.ts';

const drainMs = 10_000;

/** @throws Error that says what is missing, when no child can be started here */
export async function startScriptsRuntime(options: ScriptsRuntimeOptions = {}): Promise<ScriptsRuntime> {
  const use = await createChildUse(options);
  return {
    compile: (request) => compileOn(use, request),
    run: (request) => runScript(use, request),
    stop: (withinMs = drainMs) => use.stop(withinMs),
  };
}
