/** The scripts runtime, started by the first script that needs it: a deployment without scripts has no children. */
import type { CompileResult, RunResult, ScriptsRuntime } from '../../scripts-runtime/index.ts';

export interface LazyRuntimeDeps {
  readonly start: () => Promise<ScriptsRuntime>;
  /** Told why it could not be started; the next script tries again. */
  readonly onFailure: (error: unknown) => void;
}

const away = { message: 'Scripts do not run on this server: its log says why.' } as const;

/** @returns a runtime that never rejects for not having started: its answer says so */
export function createLazyRuntime({ start, onFailure }: LazyRuntimeDeps): ScriptsRuntime {
  let started: Promise<ScriptsRuntime> | undefined;
  let isStopped = false;

  const runtime = async (): Promise<ScriptsRuntime | undefined> => {
    if (isStopped) return undefined;
    started ??= start();
    try {
      return await started;
    } catch (error) {
      started = undefined;
      onFailure(error);
      return undefined;
    }
  };
  const none = (): { readonly kind: 'busy'; readonly message: string } => ({ kind: 'busy', ...away });

  return {
    compile: async (request): Promise<CompileResult> => (await runtime())?.compile(request) ?? none(),
    run: async (request): Promise<RunResult> => (await runtime())?.run(request) ?? none(),
    async stop(withinMs) {
      isStopped = true;
      const running = await started?.catch(() => undefined);
      await running?.stop(withinMs);
    },
  };
}
